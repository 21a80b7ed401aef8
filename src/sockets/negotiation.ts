import { Token } from "../core/sealed.ts";
import { answer } from "../http/responses.ts";
import type { Protocol } from "../protocol/protocol.ts";
import type { UniOpening } from "./uni-websocket.ts";

/** What a handshake agreed on. */
export interface Offer {
  readonly protocol: Protocol;
  /** The value of `Sec-WebSocket-Protocol` in the answer; "" for none. */
  readonly subprotocol: string;
  /** Credentials that came with the upgrade; null for none. */
  readonly token: Token | null;
  readonly defaultChannel: string;
  /** Of a unidirectional client alone. */
  readonly uni?: UniOpening;
}

/** One path on which WebSocket connections are opened. */
export interface SocketRoute {
  /** The answer to a request that is no WebSocket handshake: 426 (RFC 9110 15.5.22), or 400 as Centrifugo. */
  readonly statusWithoutUpgrade: 400 | 426;
  /**
   * Chooses the protocol by the subprotocols that the client offers, in their order, and by the query; a response where
   * none can be served.
   */
  negotiate(offered: readonly string[], query: URLSearchParams): Offer | Response;
}

const bearer = "bearer.";

/** A path for clients whose credentials come with the upgrade: `bearer.<token>` beside `chorus`, or the query's `token`. */
export function createBearerRoute(protocol: Protocol, channelOf: (query: URLSearchParams) => string): SocketRoute {
  return {
    statusWithoutUpgrade: 426,
    negotiate: (offered, query) => {
      const token = offered.find((name) => name.startsWith(bearer))?.slice(bearer.length);
      if (token === "") return answer(400, "The subprotocol bearer.<token> carries no token.");
      if (token !== undefined && !offered.includes("chorus")) {
        return answer(400, 'Offer the subprotocol "chorus" beside bearer.<token>: a token is never echoed.');
      }
      const subprotocol = offered.includes("chorus") ? "chorus" : "";
      const credentials = token ?? query.get("token") ?? "";
      return {
        protocol,
        subprotocol,
        token: credentials === "" ? null : new Token(credentials),
        defaultChannel: channelOf(query),
      };
    },
  };
}

/** Makes the Centrifuge protocol in one flavour, with its own pings or with WebSocket's. */
export type CentrifugeProtocols = Readonly<Record<"json" | "protobuf", (nativePing: boolean) => Protocol>>;

/** The subprotocols of the Centrifuge protocol, and their flavours. */
const flavours = new Map([
  ["centrifuge-json", "json"],
  ["centrifuge-protobuf", "protobuf"],
] as const);

/** The path of the Centrifuge protocol. The query decides the flavour, else the first subprotocol that is known. */
export function createCentrifugeRoute(protocols: CentrifugeProtocols): SocketRoute {
  const made = {
    json: { own: protocols.json(false), native: protocols.json(true) },
    protobuf: { own: protocols.protobuf(false), native: protocols.protobuf(true) },
  };
  return {
    statusWithoutUpgrade: 400,
    negotiate: (offered, query) => {
      const subprotocol = offered.find(isKnown);
      const isProtobuf = query.get("format") === "protobuf" || query.get("cf_protocol") === "protobuf";
      const flavour = isProtobuf ? "protobuf" : ((subprotocol && flavours.get(subprotocol)) ?? "json");
      const protocol = made[flavour][query.get("cf_ws_frame_ping_pong") === "true" ? "native" : "own"];
      return { protocol, subprotocol: subprotocol ?? "", token: null, defaultChannel: "" };
    },
  };
}

function isKnown(name: string): name is "centrifuge-json" | "centrifuge-protobuf" {
  return (flavours as ReadonlyMap<string, unknown>).has(name);
}

/** The path of unidirectional clients; no subprotocol is echoed. */
export function createUniRoute(protocol: Protocol, pushesDisconnect: boolean): SocketRoute {
  return {
    statusWithoutUpgrade: 400,
    negotiate: (_offered, query) => {
      // As recorded: null is no request, so that the first message is one.
      const given = query.get("cf_connect")?.trim() ?? "";
      const request = given === "" || given === "null" ? null : given;
      if (request !== null && protocol.decode(request, "").malformed) {
        return answer(400, "The connect request in cf_connect is malformed.");
      }
      return { protocol, subprotocol: "", token: null, defaultChannel: "", uni: { request, pushesDisconnect } };
    },
  };
}
