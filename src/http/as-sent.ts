import type { BunRequest, Server } from "bun";
import { notFound } from "./responses.ts";

/** Segments of a path at the most; a longer one is 404. */
const segmentsMax = 24;

type Respond<Data, Answer> = (request: Request, server: Server<Data>) => Answer;

/**
 * The routes of one listener for `Bun.serve`, so that a path is routed as it was sent. `request.url` does not show it:
 * Bun 1.4.5 resolves dot segments, also encoded ones and those between backslashes, before a handler sees them, so that
 * `/public/../metrics` reads `/metrics`. Its router matches the path as it came. `paths` are matched to the letter; any
 * other path is matched segment by segment, and one with a dot segment, a backslash or an empty segment is 404.
 */
export function routesAsSent<Data, Answer>(paths: Iterable<string>, respond: Respond<Data, Answer>) {
  const checked = (request: BunRequest, server: Server<Data>) =>
    Object.values(request.params).every(isPlainSegment) ? respond(request, server) : notFound();
  const routes: Record<string, (request: BunRequest, server: Server<Data>) => Answer | Response> = {};
  let pattern = "";
  for (let segment = 0; segment < segmentsMax; segment += 1) {
    pattern += `/:s${segment}`;
    routes[pattern] = checked;
    routes[`${pattern}/`] = checked;
  }
  for (const path of ["/", ...paths]) routes[path] = respond;
  return routes;
}

/** Whether a segment, with its escapes resolved, is no step to another folder. */
function isPlainSegment(segment: string): boolean {
  return segment !== "." && segment !== ".." && !segment.includes("\\");
}
