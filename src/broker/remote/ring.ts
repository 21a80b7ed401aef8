import type { Publication } from "../../core/publication.ts";
import { publicationSize, publicationsSize } from "../../core/publication-size.ts";
import type { Stream } from "../local/store.ts";

/** Publications that a node keeps of a channel, beside those that a waiting join needs. */
const keptMax = 64;
/** Bytes of payload that it keeps of a channel. */
const keptBytesMax = 65_536;

const none: Publication[] = [];

/** The latest publications of a channel that this node has delivered: later joiners are answered from here. */
export class Ring implements Stream {
  epoch = "";
  top = 0;
  /** From this offset on what is not here is kept nowhere. */
  floor = 1;
  #publications = none;
  #bytes = 0;

  get first(): number {
    return this.top - this.#publications.length + 1;
  }

  /** Sets the position; nothing is known of what was before. */
  begin(epoch: string, top: number): void {
    this.epoch = epoch;
    this.top = top;
    this.forget();
  }

  /** What lies up to the top and from `floor` on. */
  fill(publications: readonly Publication[], floor: number): void {
    this.#publications = [...publications];
    this.#bytes = publicationsSize(publications);
    this.floor = floor;
  }

  /** The next publication. */
  push(publication: Publication): void {
    this.top = publication.offset;
    if (this.#publications === none) this.#publications = [];
    this.#publications.push(publication);
    this.#bytes += publicationSize(publication);
  }

  /** Leaves `size` at the most, and what a node may keep. */
  trim(size: number): void {
    const max = Math.min(size, keptMax);
    let drop = 0;
    for (const publication of this.#publications) {
      if (this.#publications.length - drop <= max && this.#bytes <= keptBytesMax) break;
      this.#bytes -= publicationSize(publication);
      drop += 1;
    }
    if (drop === 0) return;
    this.#publications.splice(0, drop);
    this.floor = this.first;
  }

  /** The publications are kept no longer, or it is not known whether they are. */
  forget(): void {
    this.#publications = none;
    this.#bytes = 0;
    this.floor = this.top + 1;
  }

  /** The publications were removed. */
  clear(): void {
    const { floor } = this;
    this.forget();
    this.floor = floor;
  }

  read(from: number, to: number, bytesMax: number): Publication[] | null {
    const found = this.#slice(from, to);
    return publicationsSize(found) > bytesMax ? null : found;
  }

  readUpTo(from: number, to: number, end: { readonly bytesMax: number; readonly reverse: boolean }): Publication[] {
    const found = this.#slice(from, to);
    if (end.reverse) found.reverse();
    let bytes = 0;
    let count = 0;
    for (const publication of found) {
      bytes += publicationSize(publication);
      if (bytes > end.bytesMax && count > 0) break;
      count += 1;
    }
    return found.slice(0, count);
  }

  #slice(from: number, to: number): Publication[] {
    return this.#publications.slice(from - this.first, to - this.first + 1);
  }
}
