import type { Arrival } from "./arrival.ts";

/** Arrivals that wait for a read; what is over it the next read brings. */
const heldMax = 1_024;

interface Entry {
  readonly arrival: Arrival;
  /** It came before the read that runs was asked for. */
  isOlder: boolean;
}

/** What came to a channel while it is read. */
export class Held {
  #entries: Entry[] = [];
  #settled: Arrival[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** False: there is no room. */
  add(arrival: Arrival): boolean {
    if (this.#entries.length >= heldMax) return false;
    this.#entries.push({ arrival, isOlder: false });
    return true;
  }

  /** A read is asked for now. */
  age(): void {
    for (const entry of this.#entries) entry.isOlder = true;
  }

  /** The one at a position. */
  at(epoch: string, offset: number): Arrival | null {
    const isThere = ({ arrival: { publication } }: Entry) =>
      publication.offset === offset && publication.epoch === epoch;
    return this.#entries.find(isThere)?.arrival ?? null;
  }

  take(): readonly Entry[] {
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }

  /**
   * Takes those of the epoch that was read, by offset. What came before the read was asked for is in it, or is of an
   * earlier epoch: it is settled. Where it is of the same epoch and not in it, the stream has forked. The rest stays.
   */
  sift(epoch: string, top: number): { readonly current: readonly Arrival[]; readonly isForked: boolean } {
    const current: Arrival[] = [];
    let isForked = false;
    for (const entry of this.take()) {
      const { arrival, isOlder } = entry;
      const isSame = arrival.publication.epoch === epoch;
      const isContradiction = isSame && isOlder && arrival.publication.offset > top;
      if (isContradiction) isForked = true;
      if (isContradiction || (!isSame && isOlder)) this.#settled.push(arrival);
      else if (isSame) current.push(arrival);
      else this.#entries.push(entry);
    }
    current.sort((one, other) => one.publication.offset - other.publication.offset);
    return { current, isForked };
  }

  /** What `sift` has found to be over. */
  takeSettled(): readonly Arrival[] {
    const settled = this.#settled;
    this.#settled = [];
    return settled;
  }
}
