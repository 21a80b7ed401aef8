import type { ClientError } from "../../core/errors.ts";
import type { Position } from "../../core/publication.ts";
import type { Account, HistoryOptions } from "../broker.ts";

/** What is appended to a channel, or published in it without being kept. */
export interface Entry {
  readonly channel: string;
  /** The publication as one string, with its id; an engine does not read it. */
  readonly body: string;
  /** Null where it is not to be kept. */
  readonly history: HistoryOptions | null;
  /** The digest of the idempotency key; "" without one. */
  readonly key: string;
  readonly version: number;
  readonly versionEpoch: string;
  /** Who is charged for what is kept of it, by an engine that bounds what one may have. */
  readonly account?: Account;
}

/** What became of an entry. An error 100 says that it is unknown whether the entry was executed. */
export type Appended =
  | {
      readonly position: Position;
      /** False: the key was known or the version was not above the last. */
      readonly isNew: boolean;
      /** The stream kept no publication before it. */
      readonly isFirstKept?: true;
    }
  | { readonly error: ClientError };

/** Which part of a stream is read. */
export interface Range {
  /** Where the stream has another epoch, and this is not "", it is read from its begin. */
  readonly epoch: string;
  /** The least offset. */
  readonly from: number;
  /** The greatest offset; null for the top. */
  readonly to: number | null;
  /** Entries at the most; null for all. */
  readonly limit: number | null;
  /** From the greatest offset to the least. */
  readonly reverse: boolean;
  /** Who is charged for a stream that begins by being read. */
  readonly account?: Account;
}

/** What is stored of a stream. */
export interface StreamRead {
  readonly epoch: string;
  readonly top: number;
  /** Milliseconds until all publications go. */
  readonly ttl: number;
  /** In the order that was asked for. */
  readonly entries: readonly { readonly offset: number; readonly body: string }[];
}

/** A publication, as its engine reports it. Offset 0 and epoch "" where it is not kept. */
export interface Message extends Position {
  readonly body: string;
  /** The stream kept no publication before it. */
  readonly isFirstKept?: true;
}

/** The events of an engine for its broker. */
export interface EngineEvents {
  /** Something was published in a channel that is subscribed to. */
  message(channel: string, message: Message): void;
  /** Messages may be missing in the channels that are meant, or in all: they are to be subscribed to again, and compared. */
  resumed(isMeant?: (channel: string) => boolean): void;
}

/**
 * A store with publish and subscribe that several nodes share. Everything is answered later and exactly once, within the
 * engine's timeout; nothing throws. Calls are executed in their order; messages of a channel arrive in the order of its
 * offsets or not at all. Answers and messages have no order between them.
 *
 * An epoch belongs to one history of the engine: where the engine may have lost what it has acknowledged, every stream
 * has another epoch afterwards. So an offset is never given twice within an epoch.
 */
export interface Engine {
  /** Appends and publishes, one answer for each entry. Append, offset, key, version and publish are one step. */
  append(entries: readonly Entry[], done: (answers: readonly Appended[]) => void): void;
  /** Reads a stream, begins it where there is none, and renews its time to live; null where the engine does not answer. */
  read(channel: string, options: HistoryOptions, range: Range, done: (read: StreamRead | null) => void): void;
  /**
   * The positions of the streams, null for one that is not there; null where the engine does not answer. Renews
   * nothing.
   */
  tops(channels: readonly string[], done: (tops: readonly (Position | null)[] | null) => void): void;
  /** Forgets the publications, keeps the position, and publishes `notice` where there was a stream. */
  remove(channel: string, notice: string, done: (isDone: boolean) => void): void;
  /** Ends a stream that still has this epoch: the next read or append begins another one. */
  renew(channel: string, epoch: string, done: (isDone: boolean) => void): void;
  /** From the answer on every publication in the channels with true is heard, until `resumed`. */
  subscribe(channels: readonly string[], done: (hears: readonly boolean[]) => void): void;
  unsubscribe(channels: readonly string[]): void;
  close(): Promise<void>;
}
