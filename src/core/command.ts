import type { Position } from "./publication.ts";
import type { SealedHeaders, SealedPayload, Token } from "./sealed.ts";

/**
 * What a client can ask for, whatever protocol it speaks: the one language inside. Names and meanings are those of the
 * Centrifuge protocol. Where a field is optional on the wire it has its zero value here; an absent token, filter or
 * `data` is null.
 */
export type Command =
  | ConnectCommand
  | SubscribeCommand
  | { readonly method: "unsubscribe"; readonly id: number; readonly channel: string }
  | PublishCommand
  | { readonly method: "presence"; readonly id: number; readonly channel: string }
  | { readonly method: "presence_stats"; readonly id: number; readonly channel: string }
  | HistoryCommand
  /** `name` is the method of the application. */
  | { readonly method: "rpc"; readonly id: number; readonly name: string; readonly data: SealedPayload | null }
  | { readonly method: "send"; readonly id: number; readonly data: SealedPayload | null }
  | { readonly method: "refresh"; readonly id: number; readonly token: Token }
  | SubRefreshCommand
  /** The client's answer to a ping; the only command without an id, beside `send`. */
  | { readonly method: "pong" };

export interface ConnectCommand {
  readonly method: "connect";
  readonly id: number;
  readonly token: Token | null;
  readonly data: SealedPayload | null;
  /** Channels that the client asks to be subscribed to on the server's side, with what to recover in each. */
  readonly subs: ReadonlyMap<string, SubscribeRequest>;
  /** The client library's name and version. */
  readonly name: string;
  readonly version: string;
  /** Header fields in place of those that a browser cannot set; null where there are none. */
  readonly headers: SealedHeaders | null;
}

/** What one subscription asks for. */
export interface SubscribeRequest {
  /** The position to recover from; null where nothing is recovered. */
  readonly recover: Position | null;
  readonly positioned: boolean;
  readonly recoverable: boolean;
  readonly joinLeave: boolean;
  /** A mask of wishes; bit 2: `rejectsUnrecovered`. */
  readonly flag: number;
  /** The delta format asked for; "" for none. */
  readonly delta: string;
  /** Publications with certain tags alone; null for all. */
  readonly filter: FilterNode | null;
}

/** Whether the client asks for error 112 instead of a subscription that was not recovered. */
export function rejectsUnrecovered({ flag }: Pick<SubscribeRequest, "flag">): boolean {
  return (flag & 2) !== 0;
}

export interface SubscribeCommand extends SubscribeRequest {
  readonly method: "subscribe";
  readonly id: number;
  readonly channel: string;
  readonly token: Token | null;
  readonly data: SealedPayload | null;
  /** 0 stream, 1 map, 2 map_clients, 3 map_users, 4 shared_poll; Chorus has streams. */
  readonly type: number;
}

/** A condition on the tags of a publication: a leaf that compares one tag, or a node over other nodes. */
export interface FilterNode {
  /** "" for a leaf; `and`, `or`, `not`. */
  readonly op: string;
  readonly key: string;
  readonly cmp: string;
  readonly val: string;
  readonly vals: readonly string[];
  readonly nodes: readonly FilterNode[];
}

export interface PublishCommand {
  readonly method: "publish";
  readonly id: number;
  readonly channel: string;
  /** Holds `noData` where the client sent none. */
  readonly data: SealedPayload;
  /** Whether it is a publish into a map. Chorus has no maps, so it is refused. */
  readonly isMapped: boolean;
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
  readonly token: Token | null;
}
