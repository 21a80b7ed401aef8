import type { Server } from "bun";
import type { Random } from "../core/random.ts";
import { answer, methodNotAllowed } from "../http/responses.ts";
import type { RequestTarget } from "../http/target.ts";
import type { SocketPorts } from "./client-socket.ts";
import type { Entrance } from "./entrance.ts";
import type { Offer, SocketRoute } from "./negotiation.ts";
import type { Pacer } from "./pacer.ts";
import type { RefuseUpgrade } from "./refusals.ts";
import { createSession } from "./session.ts";
import { BunSocket, type SocketOpening } from "./socket.ts";
import { UniWebSocket } from "./uni-websocket.ts";

/** What an upgrade needs to know. */
export interface UpgradePorts {
  readonly random: Random;
  readonly refuse: RefuseUpgrade;
  readonly enter: Entrance;
  readonly pacer: Pacer;
  readonly sockets: SocketPorts;
  readonly originAllowed: (origin: string | null, host: string | null) => boolean;
  /** Tokens that a connection starts with. */
  readonly burst: number;
}

/** A handshake without a fault. */
interface Handshake {
  readonly offer: Offer;
  readonly path: string;
}

/** A client's key: sixteen bytes in base64 (RFC 6455 4.1). */
const keyPattern = /^[A-Za-z0-9+/]{22}==$/;

/**
 * Turns a request into a socket, or says why not. Everything that can be refused is refused here, before the upgrade,
 * where HTTP can still say so; only the token waits, because a WebSocket client can read a close code and no status.
 */
export function createUpgrade(ports: UpgradePorts) {
  /** Checks all that can change while an upgrade waits for its turn. */
  const admit = (request: Request, server: Server<BunSocket>, { offer, path }: Handshake): Response | undefined => {
    const client = ports.enter(request, server, path);
    if (client instanceof Response) return client;
    const { subprotocol, uni, ...rest } = offer;
    const isSecure = request.url.startsWith("https:");
    const opening: SocketOpening = { id: ports.random.uuid(), ...client, isSecure, server, ...rest };
    const tokens = ports.burst;
    const socket = uni
      ? new UniWebSocket(opening, ports.sockets, { tokens, session: createSession(ports.random), uni })
      : new BunSocket(opening, ports.sockets, tokens);
    if (server.upgrade(request, upgradeOptions(request, socket, subprotocol))) return undefined;
    // A client that has gone while it waited receives nothing.
    const reason = request.signal.aborted ? "gone" : "handshake";
    const response = answer(400, "This is not a WebSocket handshake (RFC 6455 4.1).");
    return ports.refuse(request, path, { reason, response });
  };

  return (
    request: Request,
    server: Server<BunSocket>,
    { route, target: { path, query } }: { route: SocketRoute; target: RequestTarget },
  ): Response | undefined | Promise<Response | undefined> => {
    const fault = faultOf(request, route, ports);
    if (fault) return ports.refuse(request, path, fault);
    const offer = route.negotiate(offered(request), query);
    if (offer instanceof Response) return ports.refuse(request, path, { reason: "protocol", response: offer });
    const handshake = { offer, path };
    const turn = ports.pacer.take();
    return turn === null ? admit(request, server, handshake) : turn.then(() => admit(request, server, handshake));
  };
}

/**
 * An empty header makes Bun choose no subprotocol; without one it would echo the first offered, token and all. Where none
 * is offered no header is needed, and each costs an upgrade 5 us (measured on Bun 1.4.5).
 */
function upgradeOptions(request: Request, data: BunSocket, subprotocol: string) {
  if (!request.headers.has("sec-websocket-protocol")) return { data };
  return { data, headers: { "Sec-WebSocket-Protocol": subprotocol } };
}

/** What forbids the upgrade whoever asks for it. */
function faultOf(request: Request, route: SocketRoute, ports: UpgradePorts) {
  if (request.method !== "GET") {
    // As recorded, a path of the Centrifuge protocol answers all that is no handshake with 400.
    const isPlain = route.statusWithoutUpgrade !== 400;
    const response = isPlain ? methodNotAllowed("GET") : answer(400, "A WebSocket handshake is a GET (RFC 6455 4.1).");
    return { reason: "method", response };
  }
  const malformed = handshakeFault(request, route);
  if (malformed) return { reason: "handshake", response: malformed };
  if (ports.originAllowed(request.headers.get("origin"), request.headers.get("host"))) return null;
  const line = "This origin is not allowed: add it to client.allowed_origins.";
  return { reason: "origin", response: answer(403, line) };
}

/** What is wrong with the handshake itself (RFC 6455 4.2.1). */
function handshakeFault(request: Request, { statusWithoutUpgrade }: SocketRoute): Response | null {
  const { headers } = request;
  if (!lists(headers.get("upgrade"), "websocket")) {
    const line = "This address speaks WebSocket: connect with a WebSocket client.";
    return answer(statusWithoutUpgrade, line, statusWithoutUpgrade === 426 ? { Upgrade: "websocket" } : {});
  }
  if (!lists(headers.get("connection"), "upgrade")) {
    return answer(400, 'A WebSocket handshake needs "Connection: Upgrade" (RFC 6455 4.1).');
  }
  if (headers.get("sec-websocket-version")?.trim() !== "13") {
    return answer(426, "Only version 13 of WebSocket is spoken here (RFC 6455).", { "Sec-WebSocket-Version": "13" });
  }
  if (!keyPattern.test(headers.get("sec-websocket-key") ?? "")) {
    return answer(400, "A WebSocket handshake needs a Sec-WebSocket-Key of 16 bytes in base64 (RFC 6455 4.1).");
  }
  return null;
}

/** Whether a header's list holds a word, without regard to case. */
function lists(header: string | null, word: string): boolean {
  if (header === null) return false;
  const text = header.toLowerCase();
  return text === word || text.split(",").some((entry) => entry.trim() === word);
}

/** The subprotocols that the client offers, in order; bounded by the runtime's limit on headers. */
function offered(request: Request): string[] {
  const header = request.headers.get("sec-websocket-protocol");
  return header === null ? [] : header.split(",").map((name) => name.trim());
}
