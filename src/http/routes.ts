import type { Server } from "bun";
import type { SocketRoute } from "../sockets/negotiation.ts";
import type { BunSocket } from "../sockets/socket.ts";
import type { Pages } from "../web/pages.ts";
import type { HostRefusal } from "./hosts.ts";
import { answer, methodNotAllowed, notFound } from "./responses.ts";
import { type RequestTarget, targetOf } from "./target.ts";

type Answer = Response | undefined | Promise<Response | undefined>;

/** One endpoint: `undefined` is an answer that was taken over by the upgrade. */
export type Endpoint = (request: Request, server: Server<BunSocket>, target: RequestTarget) => Answer;

/** What is served where. Paths are exact; `prefixes` take everything below them. */
export interface RouteTable {
  readonly sockets: ReadonlyMap<string, SocketRoute>;
  readonly exact: ReadonlyMap<string, Endpoint>;
  readonly prefixes: ReadonlyMap<string, Endpoint>;
  readonly pages: Pages | null;
  checkHost(header: string | null): HostRefusal;
  upgrade(
    request: Request,
    server: Server<BunSocket>,
    opening: { route: SocketRoute; query: RequestTarget["query"] },
  ): Answer;
}

/** Finds who answers a request; what nobody does is 404. Nothing in a request can make it throw. */
export function createRoutes(table: RouteTable) {
  return (request: Request, server: Server<BunSocket>): Answer => {
    const refusal = table.checkHost(request.headers.get("host"));
    if (refusal === "malformed") return answer(400, "The Host header is missing, doubled or malformed.");
    if (refusal === "misdirected") {
      return answer(421, "This host name is not served here: add it to http_server.allowed_hosts.");
    }
    const target = targetOf(request.url);
    const route = table.sockets.get(target.path);
    if (route) return table.upgrade(request, server, { route, query: target.query });
    const endpoint = table.exact.get(target.path) ?? prefixed(table.prefixes, target.path);
    return endpoint ? endpoint(request, server, target) : page(table.pages, request);
  };
}

/** An endpoint that is only read. */
export function readOnly(read: (request: Request) => Response | Promise<Response>): Endpoint {
  return (request) =>
    request.method === "GET" || request.method === "HEAD" ? read(request) : methodNotAllowed("GET, HEAD");
}

function prefixed(prefixes: RouteTable["prefixes"], path: string): Endpoint | undefined {
  for (const [prefix, endpoint] of prefixes) if (path.startsWith(prefix)) return endpoint;
  return undefined;
}

async function page(pages: Pages | null, request: Request): Promise<Response> {
  return (await pages?.respond(request)) ?? notFound();
}
