import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Position } from "../../core/publication.ts";
import type { HistoryOptions, Since, Wish } from "../broker.ts";
import type { Arrival, FeedRange } from "./arrival.ts";
import type { Engine } from "./engine.ts";
import { Feed } from "./feed.ts";
import { feedReadOf } from "./feed-read.ts";
import type { RemoteBrokerCounts } from "./parts.ts";
import type { Ring } from "./ring.ts";
import { channelsOf, createRoom, inBatches, isReady, isStalled, isSuspect, type Room, type Waiter } from "./room.ts";

/** A channel without a subscriber is heard so much longer, in milliseconds: a subscriber may come back. */
const idleMs = 1_000;
/** What the rooms work with. */
export interface RoomsPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly counts: RemoteBrokerCounts;
  deliver(channel: string, arrival: Arrival): void;
  settled(arrival: Arrival): void;
  lost(channel: string, epoch: string): void;
  /** Has `subscribe` called at the end of the turn. */
  schedule(): void;
  /** Tells those who wait that joins can be made. */
  ready(channel: string, ready: () => void): void;
}

/** The channels that this node hears: their subscriptions at the engine, their feeds, and the joins that wait for them. */
export class Rooms {
  /** Joins that are being prepared. */
  waiting = 0;
  readonly #rooms = new Map<string, Room>();
  readonly #engine: Engine;
  readonly #ports: RoomsPorts;
  #wanted: Room[] = [];

  constructor(engine: Engine, ports: RoomsPorts) {
    this.#engine = engine;
    this.#ports = ports;
  }

  get size(): number {
    return this.#rooms.size;
  }

  get(channel: string): Room | undefined {
    return this.#rooms.get(channel);
  }

  /** True: all of it can be joined now. */
  prepare(wishes: readonly Wish[], ready: () => void): boolean {
    const now = this.#now;
    const missing = wishes.filter((wish) => {
      const room = this.#rooms.get(wish.channel);
      return !room || !isReady(room, wish, now);
    });
    if (missing.length === 0) return true;
    this.waiting += 1;
    let left = missing.length;
    const done = () => {
      left -= 1;
      if (left === 0) this.#finish(wishes, ready);
    };
    for (const { channel } of wishes) this.#roomOf(channel).pins += 1;
    for (const { channel, options, since } of missing) {
      const waiter = { options, since, ready: done };
      const room = this.#roomOf(channel);
      room.waiting.push(waiter);
      if (room.subscription === "confirmed") this.#ask(room);
      else if (room.subscription === "wanted") this.#want(room);
    }
    return false;
  }

  /** Where a join is made: the ring of the channel, `unread` without a stream; null where it cannot be made. */
  join(channel: string, options: HistoryOptions | null, since: Since | null): Ring | "unread" | null {
    const room = this.#rooms.get(channel);
    if (room?.subscription !== "confirmed") return null;
    const { feed } = room;
    const now = this.#now;
    const isPossible = options === null || (feed.isKnown(now) && !(room.isReadFailed && !feed.covers(since, now)));
    if (!isPossible) return null;
    room.isJoined = true;
    return options === null ? "unread" : feed.ring;
  }

  leave(channel: string): void {
    const room = this.#rooms.get(channel);
    if (!room) return;
    room.isJoined = false;
    room.idleSince = this.#now;
  }

  top(channel: string): Position | null {
    const feed = this.#rooms.get(channel)?.feed;
    return feed?.isKnown(this.#now) ? { offset: feed.ring.top, epoch: feed.ring.epoch } : null;
  }

  /** Subscribes to what was wanted in this turn. */
  subscribe(): void {
    const wanted = this.#wanted.filter((room) => room.subscription === "wanted");
    this.#wanted = [];
    for (const batch of inBatches(wanted)) {
      for (const room of batch) room.subscription = "asked";
      this.#engine.subscribe(channelsOf(batch), (hears) => {
        for (const [index, room] of batch.entries()) this.#subscribed(room, hears[index] === true);
      });
    }
  }

  /** Messages may be missing: subscribes again to all that are meant, and compares the position of each stream. */
  resume(isMeant: (channel: string) => boolean = () => true): void {
    const meant = (room: Room) => room.subscription === "confirmed" && isMeant(room.channel);
    this.#resume([...this.#rooms.values()].filter(meant));
  }

  sweep(): void {
    const now = this.#now;
    const gone: Room[] = [];
    const suspect: Room[] = [];
    for (const room of this.#rooms.values()) {
      if (!room.isJoined && room.pins === 0 && now - room.idleSince >= idleMs) gone.push(room);
      else if (isStalled(room)) room.feed.retry();
      else if (room.subscription === "confirmed" && isSuspect(room, now)) suspect.push(room);
    }
    for (const room of gone) this.#close(room);
    for (const batch of inBatches(gone)) this.#engine.unsubscribe(channelsOf(batch));
    for (const room of suspect) room.heardAt = now;
    // Subscribed to once more too: whatever has made a channel deaf, it is deaf no longer than that.
    this.#resume(suspect);
  }

  get #now(): number {
    return this.#ports.clock.monotonic();
  }

  #resume(rooms: readonly Room[]): void {
    for (const batch of inBatches(rooms)) {
      this.#engine.subscribe(channelsOf(batch), (hears) => {
        for (const [index, room] of batch.entries()) room.isDeaf = hears[index] !== true;
        const heard = batch.filter(({ isDeaf }) => !isDeaf);
        if (heard.length > 0) this.#compare(heard);
      });
    }
  }

  #roomOf(channel: string): Room {
    const found = this.#rooms.get(channel);
    if (found) return found;
    const feed = new Feed({
      deliver: (arrival) => this.#ports.deliver(channel, arrival),
      settled: (arrival) => this.#ports.settled(arrival),
      lost: (epoch) => this.#lost(room, epoch),
      read: (range) => this.#read(room, range),
    });
    const room = createRoom(channel, feed, this.#now);
    this.#rooms.set(channel, room);
    return room;
  }

  #want(room: Room): void {
    this.#wanted.push(room);
    this.#ports.schedule();
  }

  #close(room: Room): void {
    this.#rooms.delete(room.channel);
    for (const arrival of room.feed.close()) this.#ports.settled(arrival);
  }

  #subscribed(room: Room, isDone: boolean): void {
    if (this.#rooms.get(room.channel) !== room) return;
    if (isDone) {
      room.subscription = "confirmed";
      this.#ask(room);
    } else {
      // It is asked for again with the next join.
      room.subscription = "wanted";
      this.#serve(room.waiting.splice(0));
    }
  }

  /** Does what is possible for those who wait, and reads the stream for the others. */
  #ask(room: Room): void {
    const waiting = room.waiting;
    room.waiting = waiting.filter(({ options }) => options !== null);
    for (const { options, since } of room.waiting) if (options !== null) room.feed.want(options, since);
    if (room.waiting.length > 0 && isStalled(room)) room.feed.retry();
    else if (room.waiting.length > 0) room.feed.check();
    this.#serve(waiting.filter(({ options }) => options === null));
  }

  #read(room: Room, range: FeedRange): void {
    const { channel, feed } = room;
    const { options, renew, epoch, from, limit } = range;
    room.served.push(...room.waiting.splice(0));
    room.isReading = true;
    if (feed.state === "reading") this.#ports.counts.repairs += 1;
    if (renew !== "") this.#engine.renew(channel, renew, () => {});
    const asked = { epoch, from, to: null, limit, reverse: limit !== null };
    this.#engine.read(channel, options, asked, (read) => {
      if (this.#rooms.get(channel) !== room) {
        this.#serve(room.served.splice(0));
        return;
      }
      const served = room.served.splice(0);
      room.isReading = false;
      room.isReadFailed = read === null;
      if (read !== null) feed.onRead(feedReadOf(read, range, this.#ports.counts), this.#now);
      else if (feed.failed()) served.push(...room.waiting.splice(0));
      if (read === null) this.#ports.counts.failures += 1;
      this.#serve(served);
      if (room.waiting.length === 0 && room.served.length === 0) feed.trim();
    });
  }

  #compare(rooms: readonly Room[]): void {
    this.#engine.tops(channelsOf(rooms), (tops) => {
      for (const [index, room] of rooms.entries()) {
        if (this.#rooms.get(room.channel) !== room) continue;
        room.isUnsure = tops === null;
        if (tops !== null) room.feed.compare(tops[index] ?? null);
      }
    });
  }

  #lost({ channel, feed }: Room, epoch: string): void {
    this.#ports.counts.lost += 1;
    const reason = epoch === "" ? "gap" : "epoch";
    this.#ports.log.warn("broker.lost", { channel, reason, epoch: feed.ring.epoch, offset: feed.ring.top });
    this.#ports.lost(channel, epoch);
  }

  #serve(waiters: readonly Waiter[]): void {
    for (const { ready } of waiters) ready();
  }

  #finish(wishes: readonly Wish[], ready: () => void): void {
    this.waiting -= 1;
    this.#ports.ready(wishes[0]?.channel ?? "", ready);
    for (const { channel } of wishes) {
      const room = this.#rooms.get(channel);
      if (!room) continue;
      room.pins -= 1;
      if (!room.isJoined) room.idleSince = this.#now;
    }
  }
}
