import type { ClientError } from "../core/errors.ts";
import type { Payload } from "../core/payload.ts";
import type { ClientInfo, Position, Publication } from "../core/publication.ts";
import type { Result } from "../core/result.ts";
import type { Socket } from "../core/socket.ts";

/** How a channel's stream is kept; from its namespace. */
export interface HistoryOptions {
  /** Publications outlive the process. False: they may be kept in memory alone. */
  readonly durable: boolean;
  /** Publications kept at the most, at least 1. */
  readonly size: number;
  /** Milliseconds after the last publish when all publications go. */
  readonly ttl: number;
  /** Milliseconds after the last publish or read when the stream itself (epoch and top) is forgotten. */
  readonly metaTtl: number;
}

/** Who is charged for what is kept: a user, the address of an anonymous one, an API key, code in this process. */
export interface Account {
  /** A kind and a name: `user:ann`, `address:192.0.2.1`, `key:backend`; `process`. */
  readonly id: string;
  /** The part of the bounds of streams and bytes that it may have; 1 is all. */
  readonly share: number;
}

/** A publication on its way in. */
export interface Draft {
  readonly channel: string;
  readonly data: Payload;
  readonly info?: ClientInfo;
  readonly tags?: Readonly<Record<string, string>>;
  /** The socket of this node that does not receive it live; history and recovery contain it all the same. */
  readonly exclude: Socket | null;
  /** The id of a connection that does not receive it live, on whichever node it is. On this node `exclude` is its socket. */
  readonly excludeClient?: string;
  /** Null where it is not to be kept: it is delivered at once, without an offset. */
  readonly history: HistoryOptions | null;
  /** A second publish with this key, in this channel and within five minutes, has no effect and gets the first outcome. */
  readonly idempotencyKey?: string;
  /** What the key is kept as, in its place, where another process of the node has made it. */
  readonly keyDigest?: string;
  /**
   * Not above the version of the last publication in the channel (within `versionEpoch`): answered with the top and
   * not delivered. 0 is none, and is kept as the last one all the same. Without history it means nothing.
   */
  readonly version?: number;
  readonly versionEpoch?: string;
  /** It is sent as a patch to subscribers that have negotiated deltas; absent: where the namespace says so. */
  readonly asDelta?: true;
  /** Who is charged for what is kept of it. */
  readonly account?: Account;
}

/** What became of a publish. Offset 0 and epoch "" where it was not kept. */
export type Outcome = Result<Position>;

/** What a joiner receives, synchronously with the delivery order of the channel. */
export interface Joined {
  /** The top of the stream at this instant: what comes through `deliver` from here on is after it. */
  readonly position: Position;
  /** What was missed since the position asked for, ascending; empty where nothing was asked or `recovered` is false. */
  readonly publications: readonly Publication[];
  /** The publication at the position, where `wantsTop` asked for it and it is kept. */
  readonly top?: Publication;
  /** Proven: `publications` and what `deliver` brings continue the asked-for position without a gap. */
  readonly recovered: boolean;
}

/** How a joiner recovers. */
export interface Since {
  readonly position: Position;
  /** `stream`: everything missed, or nothing. `cache`: the latest publication alone. */
  readonly mode: "stream" | "cache";
  /** More missed publications than this are not recovered. */
  readonly publicationsMax: number;
  /** More bytes of payload than this are not recovered. */
  readonly bytesMax: number;
  /**
   * The publications that the joiner receives; absent: all. In the mode `cache` the latest of them is recovered, looked
   * for among the last `publicationsMax`. In the mode `stream` all that was missed is given, and counts.
   */
  readonly filter?: { matches(publication: Publication): boolean };
  /** The publication at the top is asked for where none was missed: a patch of the next one applies to it. */
  readonly wantsTop?: boolean;
}

/** Which part of a stream is asked for. */
export interface HistoryFilter {
  /** 0: the position alone; below 0: all there is; otherwise publications at the most. */
  readonly limit: number;
  /** Exclusive. An epoch that is neither "" nor the stream's own is error 112. */
  readonly since: Position | null;
  /** From the newest to the oldest. Since offset 0 it is error 107. */
  readonly reverse: boolean;
  /** The page ends before it has more bytes of payload than this, but has at least one publication. Absent: no bound. */
  readonly bytesMax?: number;
  /** Who is charged where the history of an unknown channel begins its stream. */
  readonly account?: Account;
}

export interface HistoryPage {
  readonly publications: readonly Publication[];
  /** The top of the stream. */
  readonly position: Position;
}

export type HistoryOutcome = Result<HistoryPage>;

/**
 * Called for every publication, in the order of its channel, after it was committed. It must not throw; where it does,
 * that publication is logged and counted, and the next one goes on. What it asks of the broker is done after it returns.
 */
type Deliver = (channel: string, publication: Publication, exclude: Socket | null) => void;

/** The events of a broker for its node, synchronous, in the order of the channel. Given to it at construction. */
export interface BrokerEvents {
  readonly deliver: Deliver;
  /**
   * What follows in the channel belongs to `epoch` and does not continue another epoch: subscribers that keep a
   * position in another one have lost it. Called before the first `deliver` of the epoch; it must not throw. With the
   * epoch "" every position in the channel is lost, because what is missing cannot be had any more.
   */
  lost(channel: string, epoch: string): void;
}

/** A join that is about to be made: its arguments. */
export interface Wish {
  readonly channel: string;
  readonly options: HistoryOptions | null;
  readonly since: Since | null;
}

/**
 * Where publications are ordered, kept and handed on. A local broker answers at once; a remote one may answer later.
 * What every implementation guarantees:
 *
 * - Append, offset and delivery are one step per channel. Offsets are 1, 2, 3 ... within an epoch.
 * - A stream that is not continued is reported by `lost` before anything of its successor is delivered.
 * - Nothing is visible before it is committed: not to `deliver`, not to `history`, not to `join`, not to `done`.
 *   For each publication `deliver` comes first and `done` right after it.
 * - If a commit fails, every publish in it is answered with error 100, none is delivered, and the offsets are used again.
 * - A publish that a local broker has to commit waits for the first of: 64 waiting; the end of this turn of the event loop; a join,
 *   history, history_remove or keyed publish of a channel with publications waiting; `flush`. What goes to a store that
 *   commits at once, or is not kept, is delivered before `publish` returns, but for one that has to wait behind another
 *   publication of its channel.
 * - The epoch of a stream that has a publication is in the store before a client receives it. The epoch of a stream
 *   without one is in memory: a restart forgets it, and what was joined at it is not recovered.
 * - Nothing that is kept gives way to anything else inside its times to live. A publish, join or history that would go
 *   over the share of its account is refused with error 106, one that would go over a bound with error 100; streams
 *   without a publication go first.
 * - `join` calls `attach` exactly once, synchronously with the delivery order: all up to the position is in what it is
 *   given or is declared lost, all after it comes through `deliver`. It does so before it returns, but where `deliver` is
 *   what called it. The callbacks of `publish`, `history` and `historyRemove` may be called later.
 * - Everything is answered through the callback, exactly once; nothing throws. A callback may call the broker.
 */
export interface Broker {
  publish(draft: Draft, done: ((outcome: Outcome) => void) | null): void;
  /**
   * Makes joins possible. True: they can be made now, as always with a local broker. False: `ready` is called once,
   * after this has returned, when they can be made or the engine does not answer. The joins are made inside of `ready`;
   * what was prepared and not joined there is given back. A join that is not possible is attached with null.
   */
  prepare(wishes: readonly Wish[], ready: () => void): boolean;
  /**
   * `options` null: the channel has no stream; position { 0, "" }, never recovered. `attach` is given null where the
   * channel's stream can be neither read nor begun; `error` says why, and is error 100 where it is absent.
   */
  join(
    channel: string,
    options: HistoryOptions | null,
    since: Since | null,
    attach: (joined: Joined | null, error?: ClientError) => void,
    account?: Account,
  ): void;
  /** The last subscriber of the channel on this node has left: nothing of it needs to be delivered here any more. */
  leave(channel: string): void;
  history(
    channel: string,
    options: HistoryOptions,
    filter: HistoryFilter,
    done: (outcome: HistoryOutcome) => void,
  ): void;
  /** Forgets the publications and keeps the position. */
  historyRemove(channel: string, options: HistoryOptions, done: (error: ClientError | null) => void): void;
  /**
   * The top of a stream as far as this node has delivered it, or null where the stream is forgotten or not known here:
   * the check that positioned subscribers rely on. Does not renew it.
   */
  top(channel: string, options: HistoryOptions): Position | null;
  /**
   * Commits what waits. True: all of it is answered, and the next reply overtakes none. False: answers are on their way.
   */
  flush(): boolean;
  /** Commits what waits and closes the stores. */
  close(): Promise<void>;
}
