import type { Server } from "bun";
import { type HostRefusal, isDoubled } from "./hosts.ts";
import { answer, methodNotAllowed, notFound } from "./responses.ts";
import { type RequestTarget, targetOf } from "./target.ts";

type Answer = Response | undefined | Promise<Response | undefined>;

/** A server of Bun, whatever its sockets carry. */
type AnyServer = Server<unknown>;

/** One endpoint: `undefined` is an answer that was taken over by the upgrade. */
export type Endpoint = (request: Request, server: AnyServer, target: RequestTarget) => Answer;

/** An endpoint in its place. */
export interface Route {
  readonly endpoint: Endpoint;
  /**
   * Whether it is answered under any Host header, and without one: a probe or a back end asks by address, and what
   * needs a key, or reveals nothing, needs no protection from DNS rebinding.
   */
  readonly anyHost: boolean;
}

/** What is served where. Paths are exact; `prefixes` take everything below them. */
export interface RouteTable<SocketRoute> {
  readonly sockets: ReadonlyMap<string, SocketRoute>;
  readonly exact: ReadonlyMap<string, Route>;
  readonly prefixes: ReadonlyMap<string, Route>;
  /** Takes what no path is for; null answers that it has nothing there either. */
  readonly pages: { respond(request: Request): Response | null | Promise<Response | null> } | null;
  /** Each listener has its own rule. */
  checkHost(header: string | null, server: AnyServer): HostRefusal;
  upgrade(request: Request, server: AnyServer, opening: { route: SocketRoute; target: RequestTarget }): Answer;
  /** Called with an upgrade whose Host is not served; returns the response. */
  refuseHost(request: Request, path: string, response: Response): Response;
}

/** Finds the endpoint of a request; a path without one is 404. Nothing in a request can make it throw. */
export function createRoutes<SocketRoute>(table: RouteTable<SocketRoute>) {
  return (request: Request, server: AnyServer): Answer => {
    const target = targetOf(request.url);
    const found = endpointOf(table, target);
    if (found) return found(request, server);
    return hostRefusal(table.checkHost(request.headers.get("host"), server)) ?? page(table.pages, request);
  };
}

/**
 * The same inside of a server of the application, below a path ("" is the root). Null for a path that is not served
 * here: it belongs to the application, and its Host is not looked at.
 */
export function createMountedRoutes<SocketRoute>(path: string, table: RouteTable<SocketRoute>) {
  return (request: Request, server: AnyServer): Answer | null | Promise<Response | null> => {
    const whole = targetOf(request.url);
    if (!whole.path.startsWith(`${path}/`)) return null;
    const found = endpointOf(table, { ...whole, path: whole.path.slice(path.length) });
    if (found) return found(request, server);
    return table.pages && mountedPage(table, request, server);
  };
}

async function mountedPage(
  { pages, checkHost }: Pick<RouteTable<unknown>, "pages" | "checkHost">,
  request: Request,
  server: AnyServer,
): Promise<Response | null> {
  const response = (await pages?.respond(request)) ?? null;
  return response && (hostRefusal(checkHost(request.headers.get("host"), server)) ?? response);
}

/** The endpoint of a path behind its Host check; null where there is none. */
function endpointOf<SocketRoute>(table: RouteTable<SocketRoute>, target: RequestTarget) {
  const socket = table.sockets.get(target.path);
  const route = table.exact.get(target.path) ?? prefixed(table.prefixes, target.path);
  if (!socket && !route) return null;
  return (request: Request, server: AnyServer): Answer => {
    const host = request.headers.get("host");
    if (route?.anyHost) return isDoubled(host) ? malformedHost() : route.endpoint(request, server, target);
    const refusal = hostRefusal(table.checkHost(host, server));
    if (socket) {
      if (refusal) return table.refuseHost(request, target.path, refusal);
      return table.upgrade(request, server, { route: socket, target });
    }
    return refusal ?? route?.endpoint(request, server, target);
  };
}

/** An endpoint that is only read. */
export function readOnly(read: (request: Request) => Response | Promise<Response>): Endpoint {
  return (request) =>
    request.method === "GET" || request.method === "HEAD" ? read(request) : methodNotAllowed("GET, HEAD");
}

function hostRefusal(refusal: HostRefusal): Response | null {
  if (refusal === null) return null;
  return refusal === "malformed" ? malformedHost() : misdirected();
}

function malformedHost(): Response {
  return answer(400, "The Host header is missing, doubled or malformed.");
}

function misdirected(): Response {
  const line = "This host name is not served here: add it to http_server.allowed_hosts or client.allowed_origins.";
  return answer(421, line);
}

function prefixed(prefixes: RouteTable<unknown>["prefixes"], path: string): Route | undefined {
  for (const [prefix, route] of prefixes) if (path.startsWith(prefix)) return route;
  return undefined;
}

async function page(pages: RouteTable<unknown>["pages"], request: Request): Promise<Response> {
  return (await pages?.respond(request)) ?? notFound();
}
