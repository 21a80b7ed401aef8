import type { Publication } from "../../core/publication.ts";
import { publicationSize } from "../../core/publication-size.ts";
import { keptSize } from "./kept-size.ts";
import { Charges, type Share, type Shares } from "./shares.ts";
import type { Stream } from "./store.ts";
import type { Versioned } from "./version.ts";

/** One channel's stream in memory. */
export class MemoryStream implements Stream, Versioned {
  readonly channel: string;
  readonly epoch: string;
  top = 0;
  bytes = 0;
  version = 0;
  versionEpoch = "";
  /** Monotonic milliseconds: when the publications go, and when the stream itself does. */
  expiresAt = 0;
  forgetAt = 0;
  /** Who is charged for the stream itself; who published it first, once it has a publication. */
  owner: Share | null;
  readonly charges: Charges;
  /** The kept publications begin at `#head`; what is before it is cleared away when it is as much as what is kept. */
  #publications: (Publication | undefined)[] = [];
  #head = 0;

  constructor(channel: string, epoch: string, owner: Share | null, shares: Shares) {
    this.channel = channel;
    this.epoch = epoch;
    this.owner = owner;
    this.charges = new Charges(shares);
  }

  get first(): number {
    return this.top - this.#publications.length + this.#head + 1;
  }

  /** Publications that are kept. */
  get count(): number {
    return this.#publications.length - this.#head;
  }

  /** Bytes of the publication that goes first; 0 where none is kept. */
  get oldestBytes(): number {
    const oldest = this.#publications[this.#head];
    return oldest === undefined ? 0 : keptSize(oldest);
  }

  append(publication: Publication, size: number, share: Share | null): void {
    const bytes = keptSize(publication);
    this.top = publication.offset;
    this.bytes += bytes;
    this.#publications.push(publication);
    this.charges.add(share, bytes);
    while (this.count > size) this.#dropFirst();
    this.charges.keep(this.count);
  }

  read(from: number, to: number, bytesMax: number): Publication[] | null {
    const publications: Publication[] = [];
    let bytes = 0;
    for (let offset = from; offset <= to; offset++) {
      const publication = this.#at(offset);
      bytes += publicationSize(publication);
      if (bytes > bytesMax) return null;
      publications.push(publication);
    }
    return publications;
  }

  readUpTo(from: number, to: number, { bytesMax, reverse }: { bytesMax: number; reverse: boolean }): Publication[] {
    const publications: Publication[] = [];
    let bytes = 0;
    for (let step = 0; step <= to - from; step++) {
      const publication = this.#at(reverse ? to - step : from + step);
      bytes += publicationSize(publication);
      if (bytes > bytesMax && publications.length > 0) break;
      publications.push(publication);
    }
    return publications;
  }

  clear(): void {
    this.#publications = [];
    this.#head = 0;
    this.bytes = 0;
    this.charges.keep(0);
  }

  #at(offset: number): Publication {
    const publication = this.#publications[offset - this.first + this.#head];
    if (publication === undefined) throw new RangeError(`offset ${offset} is not kept`);
    return publication;
  }

  #dropFirst(): void {
    this.bytes -= this.oldestBytes;
    this.#publications[this.#head++] = undefined;
    if (this.#head >= 32 && this.#head * 2 >= this.#publications.length) {
      this.#publications.splice(0, this.#head);
      this.#head = 0;
    }
  }
}
