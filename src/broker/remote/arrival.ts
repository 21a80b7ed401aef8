import type { Position, Publication } from "../../core/publication.ts";
import type { HistoryOptions } from "../broker.ts";

/** A publication that has come to this node, as a message or as the answer to its own publish. */
export interface Arrival {
  /** "" where it was read from an engine that keeps none, because its streams cannot fork. */
  readonly id: string;
  readonly publication: Publication;
  /** The connection that does not receive it; "" for none. */
  readonly excludeClient: string;
}

/** The read that a feed needs. */
export interface FeedRange {
  readonly options: HistoryOptions;
  readonly epoch: string;
  /** Infinity where the position alone is wanted. */
  readonly from: number;
  /** The latest so many alone; null for all. */
  readonly limit: number | null;
  /** The epoch of a stream that has forked, to be ended before it is read; "" for none. */
  readonly renew: string;
}

/** What was read: everything from `from` on, or from the begin of another epoch. */
export interface FeedRead extends Position {
  /** From this offset on what is not in `arrivals` is not kept. */
  readonly floor: number;
  /** Milliseconds until the publications go. */
  readonly ttl: number;
  /** Ascending. */
  readonly arrivals: readonly Arrival[];
}

/** What a feed does; nothing of it may call the feed before it returns. */
export interface FeedEvents {
  deliver(arrival: Arrival): void;
  /** It was delivered before, or never will be. */
  settled(arrival: Arrival): void;
  /** What follows belongs to `epoch`; where that is "" every position is lost. */
  lost(epoch: string): void;
  read(range: FeedRange): void;
}
