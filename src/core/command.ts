import type { Payload } from "./payload.ts";
import type { Position } from "./publication.ts";

/**
 * What a client can ask for, whatever protocol it speaks: the one language inside. Names and meanings are those of the
 * Centrifuge protocol. Where a field is optional on the wire it has its zero value here.
 */
export type Command =
  | ConnectCommand
  | SubscribeCommand
  | { readonly method: "unsubscribe"; readonly id: number; readonly channel: string }
  | PublishCommand
  | { readonly method: "presence"; readonly id: number; readonly channel: string }
  | { readonly method: "presence_stats"; readonly id: number; readonly channel: string }
  | HistoryCommand
  | { readonly method: "rpc"; readonly id: number }
  | { readonly method: "send"; readonly id: number }
  | { readonly method: "refresh"; readonly id: number; readonly token: string }
  | SubRefreshCommand
  /** The client's answer to a ping; the only command without an id, beside `send`. */
  | { readonly method: "pong" };

export interface ConnectCommand {
  readonly method: "connect";
  readonly id: number;
  readonly token: string;
  /** Channels that the client asks to be subscribed to on the server's side, with what to recover in each. */
  readonly subs: ReadonlyMap<string, SubscribeRequest>;
  /** The client library's name, for the log alone. */
  readonly name: string;
}

/** What one subscription asks for. */
export interface SubscribeRequest {
  /** The position to recover from; null where nothing is to be recovered. */
  readonly recover: Position | null;
  readonly positioned: boolean;
  readonly recoverable: boolean;
  readonly joinLeave: boolean;
  /** Answer error 112 instead of an unrecovered subscription (flag 2). */
  readonly rejectUnrecovered: boolean;
}

export interface SubscribeCommand extends SubscribeRequest {
  readonly method: "subscribe";
  readonly id: number;
  readonly channel: string;
  readonly token: string;
  /** 0 stream, 1 map, 2 map_clients, 3 map_users, 4 shared_poll; Chorus has streams. */
  readonly type: number;
  /** The delta format asked for; "" for none. */
  readonly delta: string;
  /** Whether a tags filter was asked for. */
  readonly filtered: boolean;
}

export interface PublishCommand {
  readonly method: "publish";
  readonly id: number;
  readonly channel: string;
  /** `noData` where the client sent none. */
  readonly data: Payload;
  /** Asks to set a key of a map (`type` 1) instead of publishing into a stream; Chorus has no maps, so nobody may. */
  readonly mapped?: true;
}

interface HistoryCommand {
  readonly method: "history";
  readonly id: number;
  readonly channel: string;
  /** 0 asks for the position alone, -1 for as much as one may have. */
  readonly limit: number;
  readonly since: Position | null;
  readonly reverse: boolean;
}

interface SubRefreshCommand {
  readonly method: "sub_refresh";
  readonly id: number;
  readonly channel: string;
  readonly token: string;
}
