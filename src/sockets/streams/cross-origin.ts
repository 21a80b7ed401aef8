/** Whether a page of an origin may read responses. */
export type OriginCheck = (origin: string | null, host: string | null) => boolean;

/**
 * The headers with which a page of an allowed origin may read a response, with its cookies (Fetch, CORS protocol). A page
 * of another origin is served without them: its browser keeps the response from it.
 */
export function crossOriginHeaders({ headers }: Request, isAllowed: OriginCheck): Record<string, string> {
  const origin = headers.get("origin");
  if (origin === null) return { "Access-Control-Allow-Origin": "" };
  if (!isAllowed(origin, headers.get("host"))) return {};
  return { "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true" };
}

/** The answer to a preflight request of a path that takes POST. */
export function preflight(request: Request, isAllowed: OriginCheck): Response {
  const requested = request.headers.get("access-control-request-headers");
  const isPermitted = isAllowed(request.headers.get("origin"), request.headers.get("host"));
  return new Response(null, {
    status: 204,
    headers: {
      ...crossOriginHeaders(request, isAllowed),
      "Access-Control-Allow-Methods": "POST, OPTIONS",
      "Access-Control-Max-Age": "300",
      ...(requested !== null && isPermitted && { "Access-Control-Allow-Headers": requested }),
    },
  });
}
