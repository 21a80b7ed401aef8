import type { HistoryOptions } from "../../../src/broker/broker.ts";
import type { Stream } from "../../../src/broker/local/store.ts";
import type { Position, Publication } from "../../../src/core/publication.ts";
import { publicationsSize } from "../../../src/core/publication-size.ts";

/** One channel's stream as far as the node has delivered it. */
export class Feed implements Stream {
  epoch = "";
  top = 0;
  /** Joins that are being prepared. */
  pins = 0;
  /** The node has a subscriber. */
  isJoined = false;
  #options: HistoryOptions | null = null;
  #publications: Publication[] = [];
  #forgetAt = Number.POSITIVE_INFINITY;

  /** False before it was read for the first time, and after the stream was forgotten. */
  isKnown(now: number): boolean {
    return this.#options !== null && now < this.#forgetAt;
  }

  get first(): number {
    return this.top - this.#publications.length + 1;
  }

  /** What was read of the stream. */
  fill({ epoch, offset }: Position, publications: readonly Publication[], options: HistoryOptions): void {
    this.epoch = epoch;
    this.top = offset;
    this.#publications = [...publications];
    this.#options = options;
  }

  /** What was delivered since. */
  append(publication: Publication, now: number): void {
    if (this.#options === null || publication.offset === 0) return;
    if (publication.epoch !== this.epoch) this.begin(publication.epoch);
    this.top = publication.offset;
    this.#publications = [...this.#publications, publication].slice(-this.#options.size);
    this.touch(now);
  }

  /** Another stream follows, of which nothing was published yet. */
  begin(epoch: string): void {
    this.epoch = epoch;
    this.top = 0;
    this.clear();
  }

  clear(): void {
    this.#publications = [];
  }

  touch(now: number): void {
    if (this.#options) this.#forgetAt = now + this.#options.metaTtl;
  }

  readUpTo(from: number, to: number): Publication[] {
    return this.#publications.filter(({ offset }) => from <= offset && offset <= to);
  }

  read(from: number, to: number, bytesMax: number): Publication[] | null {
    const found = this.#publications.filter(({ offset }) => from <= offset && offset <= to);
    return publicationsSize(found) > bytesMax ? null : found;
  }
}
