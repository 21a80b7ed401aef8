import { Token } from "../core/sealed.ts";
import { answer } from "../http/responses.ts";
import type { Protocol } from "../protocol/protocol.ts";

/** What a handshake agreed on. */
export interface Offer {
  readonly protocol: Protocol;
  /** The value of `Sec-WebSocket-Protocol` in the answer; "" for none. */
  readonly subprotocol: string;
  /** Credentials that came with the upgrade; null for none. */
  readonly token: Token | null;
  readonly defaultChannel: string;
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

/** The Centrifuge protocol in JSON, with its own pings and with WebSocket's. */
export interface CentrifugeProtocols {
  readonly json: Protocol;
  readonly jsonNativePing: Protocol;
}

/** The path of the Centrifuge protocol. */
export function createCentrifugeRoute({ json, jsonNativePing }: CentrifugeProtocols): SocketRoute {
  return {
    statusWithoutUpgrade: 400,
    negotiate: (offered, query) => {
      const wantsProtobuf =
        (offered.includes("centrifuge-protobuf") && !offered.includes("centrifuge-json")) ||
        query.get("format") === "protobuf" ||
        query.get("cf_protocol") === "protobuf";
      if (wantsProtobuf) return answer(400, "The Protobuf format is not served yet: use centrifuge-json.");
      const subprotocol = offered.includes("centrifuge-json") ? "centrifuge-json" : "";
      const protocol = query.get("cf_ws_frame_ping_pong") === "true" ? jsonNativePing : json;
      return { protocol, subprotocol, token: null, defaultChannel: "" };
    },
  };
}
