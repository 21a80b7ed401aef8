import type { Clock } from "../../core/clock.ts";
import type { Random } from "../../core/random.ts";
import type { Account, Draft, HistoryOptions } from "../broker.ts";
import { keptSize } from "./kept-size.ts";
import { MemoryStream } from "./memory-stream.ts";
import { publicationOf } from "./publication.ts";
import { isOverShare, type Share, Shares, type StoreBounds } from "./shares.ts";
import { type Appended, type KeptKey, type Refused, refusedBy, type Store, type Stream } from "./store.ts";
import { isStale, keepVersion } from "./version.ts";

/** An empty stream takes about 0.5 kB of memory. */
const defaultBounds: StoreBounds = { streamsMax: 200_000, bytesMax: 268_435_456 };
/** How many streams are searched for one that keeps nothing any more, or for bytes that are over. */
const sampleSize = 128;
/** Streams looked at in one sweep: about 0.1 ms. */
const sweepSize = 1_000;

/**
 * Streams in this process's memory: committed at once, lost with the process. Offsets, times to live and versions are
 * those of Centrifugo's memory engine, but to the millisecond, where that looks once a second.
 */
export class MemoryStore implements Store {
  readonly grouped = false;
  readonly #streams = new Map<string, MemoryStream>();
  /** Those without a publication, the one used least lately first: they are the first to go. */
  readonly #begun = new Map<string, MemoryStream>();
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #bounds: StoreBounds;
  readonly #shares: Shares;
  #bytes = 0;
  /** Goes round all streams for ever; a Map's iterator outlives changes of its Map. */
  #round = this.#streams.values();

  constructor(clock: Clock, random: Random, bounds = defaultBounds) {
    this.#clock = clock;
    this.#random = random;
    this.#bounds = bounds;
    this.#shares = new Shares(bounds);
  }

  get size(): number {
    return this.#streams.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Accounts that are charged for something. */
  get accounts(): number {
    return this.#shares.size;
  }

  append(draft: Draft, options: HistoryOptions): Appended {
    const now = this.#clock.monotonic();
    const known = this.#live(draft.channel, now);
    if (known !== null && isStale(known, draft)) {
      renew(known, options, now);
      return { stale: { offset: known.top, epoch: known.epoch } };
    }
    const share = this.#shares.of(draft.account);
    const bytes = keptSize(draft);
    const refused = this.#refusal(known, { share, bytes, size: options.size });
    if (refused !== null) return refused;
    const stream = known ?? this.#begin(draft.channel, share);
    if (stream.top === 0) this.#published(stream, share);
    renew(stream, options, now);
    keepVersion(stream, draft);
    const publication = publicationOf(draft, stream.top + 1, stream.epoch, stream.count === 0);
    const before = stream.bytes;
    this.#shares.charge(share, 0, bytes);
    stream.append(publication, options.size, share);
    this.#bytes += stream.bytes - before;
    return publication;
  }

  open(channel: string, options: HistoryOptions, account?: Account): Stream | Refused {
    const now = this.#clock.monotonic();
    const stream = this.#live(channel, now) ?? this.#opened(channel, account);
    if ("refused" in stream) return stream;
    stream.forgetAt = now + options.metaTtl;
    if (this.#begun.delete(channel)) this.#begun.set(channel, stream);
    return stream;
  }

  peek(channel: string): Stream | null {
    return this.#live(channel, this.#clock.monotonic());
  }

  clear(channel: string): void {
    const stream = this.#streams.get(channel);
    if (stream !== undefined) this.#clear(stream);
  }

  sweep(): void {
    this.#look(sweepSize);
  }

  begin(): void {}
  commit(): void {}
  rollback(): void {}
  keepKey(_kept: KeptKey): void {}
  keys(): readonly KeptKey[] {
    return [];
  }
  failed(): boolean {
    return false;
  }
  close(): void {}

  /** The stream as it is at this moment: what is over is gone, whether or not a sweep has been there. */
  #live(channel: string, now: number): MemoryStream | null {
    const stream = this.#streams.get(channel);
    return stream !== undefined && this.#expire(stream, now) ? stream : null;
  }

  /** False where the stream is forgotten. */
  #expire(stream: MemoryStream, now: number): boolean {
    if (stream.forgetAt <= now) {
      this.#forget(stream);
      return false;
    }
    if (stream.expiresAt <= now && stream.count > 0) this.#clear(stream);
    return true;
  }

  /** Why the draft cannot be kept; null where it can. */
  #refusal(
    stream: MemoryStream | null,
    { share, bytes, size }: { share: Share | null; bytes: number; size: number },
  ): Refused | null {
    const isFull = stream !== null && stream.count >= size;
    if (share !== null && isOverShare(share, stream, { bytes, isFull })) return refusedBy("share");
    if (stream === null && !this.#hasRoom()) return refusedBy("bound");
    const growth = bytes - (isFull ? stream.oldestBytes : 0);
    if (growth <= 0 || this.#bytes + growth <= this.#bounds.bytesMax) return null;
    this.#look(sampleSize);
    return this.#bytes + growth <= this.#bounds.bytesMax ? null : refusedBy("bound");
  }

  #opened(channel: string, account: Account | undefined): MemoryStream | Refused {
    const share = this.#shares.of(account);
    if (share !== null && share.streams >= share.streamsMax) return refusedBy("share");
    return this.#hasRoom() ? this.#begin(channel, share) : refusedBy("bound");
  }

  #begin(channel: string, share: Share | null): MemoryStream {
    const stream = new MemoryStream(channel, this.#random.epoch(), share, this.#shares);
    this.#shares.charge(share, 1, 0);
    this.#streams.set(channel, stream);
    this.#begun.set(channel, stream);
    return stream;
  }

  /** The stream is about to have its first publication, and is charged to its publisher. */
  #published(stream: MemoryStream, share: Share | null): void {
    this.#begun.delete(stream.channel);
    this.#shares.charge(stream.owner, -1, 0);
    this.#shares.charge(share, 1, 0);
    stream.owner = share;
  }

  /** Whether one more stream may begin. For it goes one without a publication, or one that keeps none any more. */
  #hasRoom(): boolean {
    if (this.#streams.size < this.#bounds.streamsMax) return true;
    const [begun] = this.#begun.values();
    if (begun !== undefined) this.#forget(begun);
    else this.#forgetEmpty();
    return this.#streams.size < this.#bounds.streamsMax;
  }

  #forgetEmpty(): void {
    const now = this.#clock.monotonic();
    for (let looked = 0; looked < sampleSize; looked++) {
      const stream = this.#next();
      if (stream === null || !this.#expire(stream, now)) return;
      if (stream.count > 0) continue;
      this.#forget(stream);
      return;
    }
  }

  #forget(stream: MemoryStream): void {
    this.#clear(stream);
    this.#shares.charge(stream.owner, -1, 0);
    this.#begun.delete(stream.channel);
    this.#streams.delete(stream.channel);
  }

  #clear(stream: MemoryStream): void {
    this.#bytes -= stream.bytes;
    stream.clear();
  }

  /** Gives back what is over of the next so many streams. */
  #look(count: number): void {
    const now = this.#clock.monotonic();
    for (let looked = Math.min(count, this.#streams.size); looked > 0; looked--) {
      const stream = this.#next();
      if (stream !== null) this.#expire(stream, now);
    }
  }

  #next(): MemoryStream | null {
    let next = this.#round.next();
    if (next.done === true) {
      this.#round = this.#streams.values();
      next = this.#round.next();
    }
    return next.done === true ? null : next.value;
  }
}

/** Both times to live begin anew. */
function renew(stream: MemoryStream, { ttl, metaTtl }: HistoryOptions, now: number): void {
  stream.expiresAt = now + ttl;
  stream.forgetAt = now + metaTtl;
}
