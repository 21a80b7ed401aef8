import type { Position, Publication } from "../../core/publication.ts";
import type { HistoryOptions, Since } from "../broker.ts";
import type { Arrival, FeedEvents, FeedRead } from "./arrival.ts";
import { Held } from "./held.ts";
import { Ring } from "./ring.ts";

/**
 * One channel as this node hears it: what comes is delivered by its offset, without a gap and once, or the loss is
 * reported. Pure: all it does goes to its events. In `unread` nothing is known of a stream, and everything is delivered
 * as it comes; in `opening` the stream is read for the first time; in `live` the next offset is delivered; in `reading`
 * the stream is read again, because something is missing or a joiner wants more, and messages are held.
 */
export class Feed {
  state: "unread" | "opening" | "live" | "reading" = "unread";
  readonly ring = new Ring();
  /** The id of the publication at the top; "" where it is not known. */
  #topId = "";
  #options: HistoryOptions | null = null;
  readonly #held = new Held();
  /** The least offset that a joiner asks for; infinity for none. */
  #wanted = Number.POSITIVE_INFINITY;
  /** Publications that a joiner asks for at the most. */
  #limit = 0;
  #isAgain = false;
  /** Monotonic milliseconds when the publications of the ring go, and when the stream is forgotten. */
  #ringUntil = 0;
  #knownUntil = 0;
  readonly #events: FeedEvents;

  constructor(events: FeedEvents) {
    this.#events = events;
  }

  /** The stream was read, and is not forgotten since. */
  isKnown(now: number): boolean {
    return (this.state === "live" || this.state === "reading") && now < this.#knownUntil;
  }

  /** Whether a join can be answered from here. */
  covers(since: Since | null, now: number): boolean {
    if (!this.isKnown(now)) return false;
    if (now >= this.#ringUntil) this.ring.forget();
    if (since === null) return true;
    const { ring } = this;
    const { position, publicationsMax } = since;
    if (since.mode === "cache") {
      const isComplete = ring.floor <= Math.max(ring.top - latestCount(since) + 1, 1);
      return isComplete || (isAt(ring, position) && !since.wantsTop);
    }
    if (position.epoch !== "" && position.epoch !== ring.epoch) return true;
    if (position.offset > ring.top) return false;
    const isTopMissing = since.wantsTop === true && position.offset === ring.top && ring.floor > ring.top;
    if (isTopMissing && ring.top > 0) return false;
    return position.offset + 1 >= ring.floor || ring.top - position.offset > publicationsMax;
  }

  /** The next read, which `check` asks for, brings what this join needs. */
  want(options: HistoryOptions, since: Since | null): void {
    this.#options = options;
    if (since === null) return;
    const isCache = since.mode === "cache";
    // The first is what a patch of the next one applies to.
    const first = since.wantsTop ? Math.max(since.position.offset, 1) : since.position.offset + 1;
    const count = isCache ? latestCount(since) : since.publicationsMax + 2;
    const from = isCache ? Math.max(this.ring.top - count + 1, 1) : first;
    this.#wanted = Math.min(this.#wanted, from);
    this.#limit = Math.max(this.#limit, count);
  }

  /** The joiners have been answered: the ring need not hold more than is kept. */
  trim(): void {
    if (this.#options !== null) this.ring.trim(this.#options.size);
  }

  /** Something may be missing: the stream is read. */
  check(): void {
    if (this.state === "opening" || this.state === "reading") this.#isAgain = true;
    else this.#read("");
  }

  /** The stream's position by the engine; null for one that it does not have. */
  compare(position: Position | null): void {
    if (this.state === "unread") return;
    const { epoch, top } = this.ring;
    if (this.state !== "live" || position?.epoch !== epoch || position.offset !== top) this.check();
  }

  /** The read that ran was not answered. False: the read is repeated later. */
  failed(): boolean {
    const isFirst = this.state === "opening";
    this.#isAgain = false;
    if (isFirst) {
      this.#wanted = Number.POSITIVE_INFINITY;
      this.state = "unread";
      this.#options = null;
      for (const { arrival } of this.#held.take()) this.#events.deliver(arrival);
    }
    return isFirst;
  }

  /** Asks once more for a read that was not answered. */
  retry(): void {
    this.#read("");
  }

  arrived(arrival: Arrival, now: number): void {
    const { offset, epoch } = arrival.publication;
    if (offset === 0 || this.state === "unread") {
      this.#events.deliver(arrival);
      return;
    }
    const { ring } = this;
    const isSame = epoch === ring.epoch;
    if (this.state === "live" && isSame && offset === ring.top + 1) {
      this.#take(arrival);
      this.#touch(now);
    } else if (this.state === "live" && isSame && offset <= ring.top && !this.#isFork(arrival)) {
      this.#events.settled(arrival);
    } else {
      this.#hold(arrival);
      if (this.state === "live") this.#read(isSame && offset === ring.top ? epoch : "");
    }
  }

  /** The history was removed. */
  removed(): void {
    this.ring.clear();
  }

  /** What is held when the feed is closed. */
  close(): readonly Arrival[] {
    return this.#held.take().map(({ arrival }) => arrival);
  }

  onRead(read: FeedRead, now: number): void {
    const renew = this.#apply(read);
    this.#touch(now);
    this.#ringUntil = now + read.ttl;
    const sifted = this.#sift(read);
    this.state = "live";
    if (!this.#isAgain) {
      this.#wanted = Number.POSITIVE_INFINITY;
      this.#limit = 0;
    }
    const forked = renew === "" && sifted === "forked" ? read.epoch : renew;
    if (forked !== "" || sifted !== "complete" || this.#isAgain) this.#read(forked);
  }

  /** Brings the feed to where the read was; the epoch of a stream that has forked, "" else. */
  #apply(read: FeedRead): string {
    const { ring } = this;
    const { epoch, offset: top, arrivals } = read;
    if (this.state === "opening") {
      ring.begin(epoch, top);
      this.#topId = arrivals.at(-1)?.id ?? "";
    } else if (epoch !== ring.epoch) {
      this.#events.lost(epoch);
      ring.begin(epoch, 0);
      this.#catchUp(read);
    } else if (top < ring.top || arrivals.some((each) => each.publication.offset === ring.top && this.#isFork(each))) {
      return epoch;
    } else {
      this.#catchUp(read);
    }
    if (read.floor < ring.floor && top === ring.top) ring.fill(continued(arrivals, top), read.floor);
    return "";
  }

  /** Delivers what was read after the top. */
  #catchUp({ offset: top, arrivals }: FeedRead): void {
    const { ring } = this;
    for (const arrival of arrivals) {
      const { offset, epoch } = arrival.publication;
      if (offset <= ring.top) continue;
      if (offset > ring.top + 1) this.#skipTo(epoch, offset - 1);
      // What was heard says more than what was kept without its id: who published it, and who does not receive it.
      this.#take(arrival.id === "" ? (this.#held.at(epoch, offset) ?? arrival) : arrival);
    }
    if (top > ring.top) this.#skipTo(ring.epoch, top);
  }

  /** What lies between has fallen out of the history: the positions of this epoch are lost too. */
  #skipTo(epoch: string, top: number): void {
    this.#events.lost("");
    this.ring.begin(epoch, top);
    this.#topId = "";
  }

  /** Goes through what was held; what it says is what has to follow. */
  #sift({ epoch, offset: top }: FeedRead): "complete" | "missing" | "forked" {
    const isOpening = this.state === "opening";
    const { current, isForked } = this.#held.sift(epoch, top);
    let delivered = 0;
    for (const arrival of current) {
      const { offset } = arrival.publication;
      if (offset > this.ring.top + 1) {
        this.#held.add(arrival);
      } else if (offset === this.ring.top + 1) {
        this.#take(arrival);
      } else if (isOpening && offset > delivered) {
        // The first joiner has it with its join; those without a position have it from here.
        delivered = offset;
        this.#events.deliver(arrival);
      } else {
        this.#events.settled(arrival);
      }
    }
    for (const arrival of this.#held.takeSettled()) this.#events.settled(arrival);
    if (isForked) return "forked";
    return this.#held.size > 0 ? "missing" : "complete";
  }

  #read(renew: string): void {
    const options = this.#options;
    if (options === null) return;
    this.state = this.state === "unread" || this.state === "opening" ? "opening" : "reading";
    this.#isAgain = false;
    this.#held.age();
    const { epoch, top } = this.ring;
    const isOpening = this.state === "opening";
    const from = isOpening ? this.#wanted : Math.min(this.#wanted, Math.max(top, 1));
    this.#events.read({ options, epoch, from, limit: isOpening ? this.#limit : null, renew });
  }

  #take(arrival: Arrival): void {
    this.#topId = arrival.id;
    this.ring.push(arrival.publication);
    if (this.#wanted === Number.POSITIVE_INFINITY) this.trim();
    this.#events.deliver(arrival);
  }

  #hold(arrival: Arrival): void {
    if (this.#held.add(arrival)) return;
    this.#events.settled(arrival);
    this.#isAgain = true;
  }

  /** Another publication has the offset of the top. */
  #isFork({ id, publication }: Arrival): boolean {
    return publication.offset === this.ring.top && this.#topId !== "" && id !== "" && id !== this.#topId;
  }

  #touch(now: number): void {
    if (this.#options === null) return;
    this.#ringUntil = now + this.#options.ttl;
    this.#knownUntil = now + this.#options.metaTtl;
  }
}

/** How many of the latest publications are searched for a joiner that asks for the latest. */
function latestCount({ filter, publicationsMax }: Since): number {
  return filter ? publicationsMax : 1;
}

function isAt({ top, epoch }: Ring, position: Position): boolean {
  return position.offset === top && position.epoch === epoch;
}

/** Those at the end that follow each other without a gap up to the top. */
function continued(arrivals: readonly Arrival[], top: number): readonly Publication[] {
  const publications = arrivals.map(({ publication }) => publication);
  let first = publications.length;
  while (first > 0 && publications[first - 1]?.offset === top - (publications.length - first)) first -= 1;
  return publications.slice(first);
}
