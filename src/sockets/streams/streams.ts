import type { Server } from "bun";
import type { ConnectionRef } from "../../../actors/hub/registry.ts";
import type { Clock } from "../../core/clock.ts";
import type { Disconnect } from "../../core/disconnects.ts";
import type { Frame } from "../../core/frame.ts";
import type { MaybePromise } from "../../core/maybe-promise.ts";
import type { Random } from "../../core/random.ts";
import type { Bodies } from "../../http/bodies.ts";
import { lateBody } from "../../http/responses.ts";
import type { RequestTarget } from "../../http/target.ts";
import type { Protocol } from "../../protocol/protocol.ts";
import type { Admission } from "../admission.ts";
import type { SocketPorts } from "../client-socket.ts";
import type { Entrance } from "../entrance.ts";
import { createSession } from "../session.ts";
import { crossOriginHeaders, type OriginCheck, preflight, refusedMethod } from "./cross-origin.ts";
import type { Framing } from "./framing.ts";
import type { Sessions } from "./sessions.ts";
import { StreamSocket } from "./stream-socket.ts";
import type { TurnWriter } from "./turn-writer.ts";

/** What opening streams works with. */
export interface StreamPorts {
  readonly clock: Clock;
  readonly writer: TurnWriter;
  readonly random: Random;
  readonly bodies: Bodies;
  readonly enter: Entrance;
  readonly admission: Admission;
  readonly sockets: SocketPorts;
  readonly sessions: Sessions;
  /** The id of this node. */
  readonly node: string;
  /** Tokens that a connection starts with. */
  readonly burst: number;
  readonly isOriginAllowed: OriginCheck;
  /** Spawns the connection of a stream. */
  adopt(socket: StreamSocket): ConnectionRef;
  /** Executes the first commands of a stream. */
  execute(socket: StreamSocket, frame: Frame): MaybePromise<void>;
}

/** One path on which connections are opened as streamed responses. */
export interface StreamRoute {
  /** GET: the commands, or the connect request, are in the query, as `cf_connect`. */
  readonly methods: readonly ("GET" | "POST" | "OPTIONS")[];
  /** The request of a GET without `cf_connect`; null where that is a mistake. */
  readonly frameWithoutQuery: string | null;
  /** Bytes of a body; over it 413. */
  readonly bodyBytesMax: number;
  /** Responses to refused connects, by the code of the error or disconnect; null where those are pushes. */
  readonly refusals: ReadonlyMap<number, RefusalResponse> | null;
  /** The protocol of a request, and how its frames are written in the body. */
  choose(request: Request): { readonly protocol: Protocol; readonly framing: Framing };
}

/** The answer to a refused connect; where the body is empty it is the reason. */
interface RefusalResponse {
  readonly status_code: number;
  readonly body: string;
}

/** As Centrifugo has them: no cache and no proxy is to keep a stream, or to wait for its end. */
const streamHeaders = {
  "Cache-Control": "private, no-cache, no-store, must-revalidate, max-age=0",
  Pragma: "no-cache",
  "X-Accel-Buffering": "no",
};

/** Seconds that the client of an ended stream has for what is queued for it, since it took something last. */
const endedTimeout = 10;

/** Opens connections as streamed responses: the first commands, or the connect request, come with the request. */
export function createStreams(ports: StreamPorts) {
  const open = (request: Request, server: Server<unknown>, { route, path, frame }: Asked) => {
    const { protocol, framing } = route.choose(request);
    const { isUnidirectional } = protocol.capabilities;
    if (isUnidirectional && protocol.decode(frame, "").malformed) {
      return new Response(null, { status: 400, headers: crossOriginHeaders(request, ports.isOriginAllowed) });
    }
    const peer = ports.enter(request, server, path);
    if (peer instanceof Response) return peer;
    server.timeout(request, 0);
    const session = createSession(ports.random);
    const opening = {
      ...peer,
      id: ports.random.uuid(),
      protocol,
      framing,
      session,
      node: ports.node,
      defaultChannel: "",
    };
    const socket = new StreamSocket(opening, ports.sockets, ports.burst, ports);
    const body = socket.open();
    ports.admission.entered(socket.limitKey);
    if (!isUnidirectional) ports.sessions.add(session, socket);
    socket.ended = () => {
      ports.admission.left(socket.limitKey);
      ports.sessions.delete(session);
      // A client that takes nothing is cut: without this its socket would stay open for ever, counted by no limit.
      server.timeout(request, endedTimeout);
    };
    request.signal.addEventListener("abort", () => socket.closed());
    const headers = { ...streamHeaders, "Content-Type": framing.contentType };
    const response = new Response(body, {
      headers: { ...headers, ...crossOriginHeaders(request, ports.isOriginAllowed) },
    });
    const { refusals } = route;
    const responded = refusals ? respondLater(socket, response, refusals) : response;
    socket.connection = ports.adopt(socket);
    void ports.execute(socket, frame);
    return responded;
  };

  return (route: StreamRoute) =>
    (request: Request, server: Server<unknown>, { path, query }: RequestTarget): Response | Promise<Response> => {
      const { method } = request;
      if (!route.methods.some((each) => each === method)) {
        return refusedMethod(request, ports.isOriginAllowed, route.methods.join(", "));
      }
      if (method === "OPTIONS") return preflight(request, ports.isOriginAllowed);
      if (method === "GET") {
        const frame = query.get("cf_connect") || route.frameWithoutQuery;
        return frame === null
          ? new Response(null, { status: 400, headers: crossOriginHeaders(request, ports.isOriginAllowed) })
          : open(request, server, { route, path, frame });
      }
      return new Promise((respond) => {
        ports.bodies.bytes(request, route.bodyBytesMax, (body) => {
          if (body instanceof Uint8Array) respond(open(request, server, { route, path, frame: body }));
          else if (body.unread !== "large") respond(lateBody());
          else
            respond(new Response(null, { status: 413, headers: crossOriginHeaders(request, ports.isOriginAllowed) }));
        });
      });
    };
}

/** Responds when the connect has succeeded, or with the status of its refusal. */
function respondLater(
  socket: StreamSocket,
  response: Response,
  refusals: ReadonlyMap<number, RefusalResponse>,
): Promise<Response> {
  return new Promise((respond) => {
    socket.opened = (refusal) => respond(refusal ? refusalResponse(refusal, refusals) : response);
  });
}

function refusalResponse({ code, reason }: Disconnect, refusals: ReadonlyMap<number, RefusalResponse>): Response {
  const { status_code: status, body } = refusals.get(code) ?? { status_code: 500, body: "Internal Server Error" };
  return new Response(body || reason, { status, headers: { "Content-Type": "text/plain; charset=utf-8" } });
}

interface Asked {
  readonly route: StreamRoute;
  readonly path: string;
  readonly frame: Frame;
}
