import type { Clock } from "../../core/clock.ts";
import { payloadSize } from "../../core/payload.ts";
import type { Publication } from "../../core/publication.ts";
import type { Random } from "../../core/random.ts";
import type { Draft, HistoryOptions } from "../broker.ts";
import { publicationOf } from "./publication.ts";
import type { KeptKey, Stale, Store, Stream } from "./store.ts";
import { takeVersion } from "./version.ts";

/** What the streams in memory may take. */
export interface MemoryLimits {
  /** Channels with a stream; where there are more, the one that has been idle for long is forgotten. */
  readonly streamsMax: number;
  /** Bytes of payload in all streams together; where there are more, idle ones lose their publications, not their position. */
  readonly bytesMax: number;
}

/** An empty stream takes about 0.5 kB of memory. */
const defaultLimits: MemoryLimits = { streamsMax: 200_000, bytesMax: 268_435_456 };
/** How many streams are looked at to find one that has been idle for long; the idlest of these goes. */
const sampleSize = 16;
/** How many times that is done for one append: each frees more than one append brings, on average. */
const roundsMax = 8;
/** Streams looked at in one sweep: about 0.1 ms. */
const sweepSize = 1_000;

class MemoryStream implements Stream {
  readonly channel: string;
  readonly epoch: string;
  top = 0;
  bytes = 0;
  version = 0;
  versionEpoch = "";
  /** Monotonic milliseconds: when the publications go, and when the stream itself does. */
  expiresAt = 0;
  forgetAt = 0;
  /** The kept publications begin at `#head`; what is before it is cleared away when it is as much as what is kept. */
  #publications: (Publication | undefined)[] = [];
  #head = 0;

  constructor(channel: string, epoch: string) {
    this.channel = channel;
    this.epoch = epoch;
  }

  get first(): number {
    return this.top - this.#publications.length + this.#head + 1;
  }

  append(publication: Publication, size: number): void {
    this.top = publication.offset;
    this.bytes += payloadSize(publication.data);
    this.#publications.push(publication);
    while (this.#publications.length - this.#head > size) this.#dropFirst();
  }

  read(from: number, to: number, bytesMax: number): Publication[] | null {
    const start = from - this.first + this.#head;
    const publications: Publication[] = [];
    let bytes = 0;
    for (let index = start; index <= start + to - from; index++) {
      const publication = this.#publications[index];
      if (publication === undefined) throw new RangeError(`offset ${from + index - start} is not kept`);
      bytes += payloadSize(publication.data);
      if (bytes > bytesMax) return null;
      publications.push(publication);
    }
    return publications;
  }

  clear(): void {
    this.#publications = [];
    this.#head = 0;
    this.bytes = 0;
  }

  #dropFirst(): void {
    const dropped = this.#publications[this.#head];
    if (dropped !== undefined) this.bytes -= payloadSize(dropped.data);
    this.#publications[this.#head++] = undefined;
    if (this.#head >= 32 && this.#head * 2 >= this.#publications.length) {
      this.#publications.splice(0, this.#head);
      this.#head = 0;
    }
  }
}

/**
 * Streams in this process's memory: committed at once, lost with the process. Offsets, times to live and versions are
 * those of Centrifugo's memory engine, but to the millisecond, where that looks once a second.
 */
export class MemoryStore implements Store {
  readonly grouped = false;
  readonly #streams = new Map<string, MemoryStream>();
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #limits: MemoryLimits;
  #bytes = 0;
  /** Goes round all streams for ever; a Map's iterator outlives changes of its Map. */
  #round = this.#streams.values();

  constructor(clock: Clock, random: Random, limits = defaultLimits) {
    this.#clock = clock;
    this.#random = random;
    this.#limits = limits;
  }

  get size(): number {
    return this.#streams.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(draft: Draft, options: HistoryOptions): Publication | Stale {
    const now = this.#clock.monotonic();
    const stream = this.#live(draft.channel, now) ?? this.#begin(draft.channel);
    stream.expiresAt = now + options.ttl;
    stream.forgetAt = now + options.metaTtl;
    if (!takeVersion(stream, draft)) return { stale: { offset: stream.top, epoch: stream.epoch } };
    const publication = publicationOf(draft, stream.top + 1, stream.epoch);
    const before = stream.bytes;
    stream.append(publication, options.size);
    this.#bytes += stream.bytes - before;
    if (this.#bytes > this.#limits.bytesMax) this.#shed();
    return publication;
  }

  open(channel: string, options: HistoryOptions): Stream {
    const now = this.#clock.monotonic();
    const stream = this.#live(channel, now) ?? this.#begin(channel);
    stream.forgetAt = now + options.metaTtl;
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
    const now = this.#clock.monotonic();
    for (let looked = Math.min(sweepSize, this.#streams.size); looked > 0; looked--) {
      const stream = this.#next();
      if (stream !== null) this.#expire(stream, now);
    }
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
    if (stream.expiresAt <= now && stream.first <= stream.top) this.#clear(stream);
    return true;
  }

  #begin(channel: string): MemoryStream {
    if (this.#streams.size >= this.#limits.streamsMax) {
      const idlest = this.#idlest(0);
      if (idlest !== null) this.#forget(idlest);
    }
    const stream = new MemoryStream(channel, this.#random.epoch());
    this.#streams.set(channel, stream);
    return stream;
  }

  #forget(stream: MemoryStream): void {
    this.#bytes -= stream.bytes;
    this.#streams.delete(stream.channel);
  }

  #clear(stream: MemoryStream): void {
    this.#bytes -= stream.bytes;
    stream.clear();
  }

  #shed(): void {
    for (let round = 0; round < roundsMax && this.#bytes > this.#limits.bytesMax; round++) {
      const idlest = this.#idlest(1);
      if (idlest !== null) this.#clear(idlest);
    }
  }

  /** Of the next few streams with so many bytes or more, the one that would be forgotten first. */
  #idlest(bytesMin: number): MemoryStream | null {
    let idlest: MemoryStream | null = null;
    for (let looked = 0; looked < sampleSize; looked++) {
      const stream = this.#next();
      if (stream === null || stream.bytes < bytesMin) continue;
      if (idlest === null || stream.forgetAt < idlest.forgetAt) idlest = stream;
    }
    return idlest;
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
