/** Whether a page of an origin may read responses. */
export type OriginCheck = (origin: string | null, host: string | null) => boolean;

/**
 * The headers with which a page of an allowed origin may read a response, with its cookies (Fetch, CORS protocol). A page
 * of another origin is served without them: its browser keeps the response from it.
 */
export function crossOriginHeaders({ headers }: Request, isAllowed: OriginCheck): Record<string, string> {
  const origin = headers.get("origin");
  if (!isAllowed(origin, headers.get("host"))) return {};
  const requested = headers.get("access-control-request-headers");
  return {
    "Access-Control-Allow-Origin": origin ?? "",
    "Access-Control-Allow-Credentials": "true",
    ...(requested && { "Access-Control-Allow-Headers": requested }),
  };
}

/** The answer to a method that a path for pages of other origins does not have: its status alone. */
export function refusedMethod(request: Request, isAllowed: OriginCheck, allow: string): Response {
  return new Response(null, { status: 405, headers: { ...crossOriginHeaders(request, isAllowed), Allow: allow } });
}

/** The answer to a preflight request of a path that takes POST. */
export function preflight(request: Request, isAllowed: OriginCheck): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...crossOriginHeaders(request, isAllowed),
      "Access-Control-Allow-Methods": "POST, OPTIONS",
      "Access-Control-Max-Age": "300",
    },
  });
}
