import { type ClientError, errors } from "../../core/errors.ts";
import type { Position, Publication } from "../../core/publication.ts";
import type { Account, Draft, HistoryOptions } from "../broker.ts";

/**
 * One channel's stream. What lies from `first` to `top` is kept, without a hole; nothing where `first` is above `top`.
 */
export interface Stream {
  readonly epoch: string;
  /** The offset of the last publication; 0 before the first one. */
  readonly top: number;
  readonly first: number;
  /** Monotonic milliseconds when the publications go; absent where that is known elsewhere. */
  readonly expiresAt?: number;
  /**
   * The publications from `from` to `to`, which have to be kept, ascending; null where their payloads are more than
   * `bytesMax` together. Throws where the store cannot read them.
   */
  read(from: number, to: number, bytesMax: number): Publication[] | null;
  /** The same from one end, as many as have no more than `bytesMax` bytes together, but at least one. */
  readUpTo(from: number, to: number, end: { readonly bytesMax: number; readonly reverse: boolean }): Publication[];
}

/** The result of an append whose version is not newer: the position of the stream. */
interface Stale {
  readonly stale: Position;
}

/** What is said of a stream or a publication that cannot be kept. */
export interface Refused {
  readonly refused: ClientError;
  /** The share of an account, or the bound of the store. */
  readonly reason: "share" | "bound";
}

/** What became of an append. */
export type Appended = Publication | Stale | Refused;

/** An account over its share receives an error of its own; the bound of the server may have room later. */
export function refusedBy(reason: Refused["reason"]): Refused {
  return { refused: reason === "share" ? errors.limitExceeded : errors.internal, reason };
}

/** An idempotency key with the first outcome that belongs to it. */
export interface KeptKey {
  /** Of its channel and itself. */
  readonly digest: string;
  readonly offset: number;
  readonly epoch: string;
  /** Milliseconds until it is forgotten; 0 or below where it is over. */
  readonly remainingMs: number;
}

/**
 * Where a local broker keeps its streams. Everything is synchronous, and everything may throw where the store cannot
 * read or write; what was thrown is handed to `failed`.
 */
export interface Store {
  /** True where an append counts only once `commit` has returned, which is then worth doing for many at once. */
  readonly grouped: boolean;
  begin(): void;
  commit(): void;
  /** Forgets all since `begin`: the same offsets are given again. Never throws. */
  rollback(): void;
  /** Appends, where the draft's version says nothing against it, and renews both times to live in either case. */
  append(draft: Draft, options: HistoryOptions): Appended;
  /**
   * The stream, begun where there is none: one without a publication is in memory alone. It is a read, so it renews the
   * stream's own time to live.
   */
  open(channel: string, options: HistoryOptions, account?: Account): Stream | Refused;
  /** The stream if one is kept; renews nothing. */
  peek(channel: string): Stream | null;
  /** Forgets the publications and keeps the position. */
  clear(channel: string): void;
  /** Keeps an idempotency key; called between `begin` and `commit`. */
  keepKey(kept: KeptKey): void;
  /** The keys that outlived the last process, oldest first, also those that are over. */
  keys(): readonly KeptKey[];
  /** Told what one of the others threw. True: the cause is gone, do it once more. Never throws. */
  failed(error: unknown): boolean;
  /** A bounded piece of the work of giving back what has expired. */
  sweep(): void;
  close(): void;
}
