/** A one-line answer in words that say what to do. */
export function answer(status: number, line: string, headers: Record<string, string> = {}): Response {
  return new Response(`${line}\n`, {
    status,
    headers: { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff", ...headers },
  });
}

/** The answer to a method that a path does not have (RFC 9110 15.5.6). */
export function methodNotAllowed(allow: string): Response {
  return answer(405, `Method not allowed: use ${allow}.`, { Allow: allow });
}

/** The answer to a request whose body did not arrive in time. */
export function lateBody(): Response {
  return answer(408, "The body did not arrive in time.", { Connection: "close" });
}

/** The answer to a path that is not there; the first words are Centrifugo's. */
export function notFound(): Response {
  return answer(404, "404 page not found");
}

/** The answer to a request while the server drains. */
export function shuttingDown(): Response {
  return answer(503, "The server is shutting down.", { Connection: "close", "Retry-After": "1" });
}
