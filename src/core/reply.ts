import type { Disconnect } from "./disconnects.ts";
import type { ClientError } from "./errors.ts";
import type { ClientInfo, Position, Publication } from "./publication.ts";
import type { Unsubscribe } from "./unsubscribes.ts";

/** The answer to the command with the same id; `data` fields are raw JSON. */
export type Reply =
  | { readonly id: number; readonly method: "error"; readonly error: ClientError }
  | { readonly id: number; readonly method: "connect"; readonly result: ConnectResult }
  | { readonly id: number; readonly method: "subscribe"; readonly result: SubscribeResult }
  | { readonly id: number; readonly method: "unsubscribe" | "publish" }
  /** The answer of the application; absent data: none. */
  | { readonly id: number; readonly method: "rpc"; readonly result: { readonly data?: string } }
  | { readonly id: number; readonly method: "presence"; readonly result: ReadonlyMap<string, ClientInfo> }
  | { readonly id: number; readonly method: "presence_stats"; readonly result: PresenceStats }
  | { readonly id: number; readonly method: "history"; readonly result: HistoryPage }
  | { readonly id: number; readonly method: "refresh" | "sub_refresh"; readonly result: Expiry };

/** Whether and in how many seconds something runs out; `null` is never. */
export interface Expiry {
  readonly ttl: number | null;
}

export interface ConnectResult extends Expiry {
  /** The connection's id. */
  readonly client: string;
  readonly version: string;
  readonly subs: ReadonlyMap<string, SubscribeResult>;
  /** Seconds between the server's pings; null where they are native ones, which the client does not see. */
  readonly ping: number | null;
  /** False where the server expects no pong. */
  readonly pong?: boolean;
  /** Raw JSON of the application. */
  readonly data?: string;
  /** The server's time in milliseconds since 1970; null where it is not sent. */
  readonly time: number | null;
  /** Where commands come in requests of their own: what names the connection in them. */
  readonly session?: { readonly id: string; readonly node: string };
}

export interface SubscribeResult extends Expiry {
  readonly recoverable: boolean;
  readonly positioned: boolean;
  /**
   * The client's position before it reads `publications`: the position it asked from where that was recovered, else
   * the top of the stream. Null where positions are not kept for it.
   */
  readonly position: Position | null;
  readonly publications: readonly Publication[];
  /** Proven to be all that was missed. */
  readonly recovered: boolean;
  readonly wasRecovering: boolean;
  /** Publications are sent as deltas. */
  readonly delta?: boolean;
  readonly data?: string;
}

export interface PresenceStats {
  readonly clients: number;
  readonly users: number;
}

export interface HistoryPage {
  readonly publications: readonly Publication[];
  /** The top of the stream. */
  readonly position: Position;
}

/** A client has joined a channel or has left it. */
export interface PresencePush {
  readonly type: "join" | "leave";
  readonly channel: string;
  readonly info: ClientInfo;
}

/** What the server says unasked. A disconnect is a push where the transport has no close frame. */
export type Push =
  | PresencePush
  | { readonly type: "subscribe"; readonly channel: string; readonly result: SubscribeResult }
  | { readonly type: "unsubscribe"; readonly channel: string; readonly unsubscribe: Unsubscribe }
  | { readonly type: "refresh"; readonly expiry: Expiry }
  | { readonly type: "disconnect"; readonly disconnect: Disconnect };
