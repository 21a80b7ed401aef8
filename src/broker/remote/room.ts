import type { HistoryOptions, Since } from "../broker.ts";
import type { Feed } from "./feed.ts";

/** Channels in one call of the engine. */
const batchMax = 512;
/** A channel that was silent for so long is subscribed to again and compared with the engine, in milliseconds. */
const silentMs = 25_000;

/** A join that is being prepared. */
export interface Waiter {
  readonly options: HistoryOptions | null;
  readonly since: Since | null;
  readonly ready: () => void;
}

/** A channel that this node hears, or is about to hear. */
export interface Room {
  readonly channel: string;
  readonly feed: Feed;
  /** `asked`: the engine has not confirmed it yet. */
  subscription: "wanted" | "asked" | "confirmed";
  /** The node has a subscriber. */
  isJoined: boolean;
  /** Joins that are being prepared. */
  pins: number;
  /** Wait for the subscription, or for a read that was not asked for yet. */
  waiting: Waiter[];
  /** Wait for the read that runs. */
  served: Waiter[];
  /** A read is on its way. */
  isReading: boolean;
  /** The last read was not answered: what the feed does not cover is not known. */
  isReadFailed: boolean;
  /** It was subscribed to, and could not be again: the next sweep asks once more. */
  isDeaf: boolean;
  /** The last comparison with the engine was not answered: the next sweep asks again. */
  isUnsure: boolean;
  /** Monotonic milliseconds: when something of the channel was heard, and when its last subscriber had gone. */
  heardAt: number;
  idleSince: number;
}

export function createRoom(channel: string, feed: Feed, now: number): Room {
  return {
    channel,
    feed,
    subscription: "wanted",
    isJoined: false,
    pins: 0,
    waiting: [],
    served: [],
    isReading: false,
    isReadFailed: false,
    isDeaf: false,
    isUnsure: false,
    heardAt: now,
    idleSince: now,
  };
}

/** Whether a join can be made without asking the engine. */
export function isReady(room: Room, { options, since }: Pick<Waiter, "options" | "since">, now: number): boolean {
  if (room.subscription !== "confirmed") return false;
  return options === null || room.feed.covers(since, now);
}

/** It may have missed something, or was silent for so long that it may be deaf. */
export function isSuspect({ isDeaf, isUnsure, heardAt }: Room, now: number): boolean {
  return isDeaf || isUnsure || now - heardAt >= silentMs;
}

/** A read that was needed was not answered, and none is on its way. */
export function isStalled({ feed, isReading, isReadFailed }: Room): boolean {
  return feed.state === "reading" && isReadFailed && !isReading;
}

export function channelsOf(rooms: readonly Room[]): string[] {
  return rooms.map(({ channel }) => channel);
}

/** Rooms whose channels go into one call of the engine each. */
export function inBatches(rooms: readonly Room[]): Room[][] {
  const batches: Room[][] = [];
  for (let from = 0; from < rooms.length; from += batchMax) batches.push(rooms.slice(from, from + batchMax));
  return batches;
}
