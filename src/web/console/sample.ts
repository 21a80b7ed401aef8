import type { Sample } from "../../console/shown.ts";

/** Ten minutes. */
const spanMs = 600_000;

/** The samples of the last ten minutes. */
export class Samples {
  #samples: Sample[] = [];

  add(sample: Sample): void {
    const last = this.latest;
    // A server that was started anew counts from 0: what was before does not continue.
    if (last && (sample.accepted < last.accepted || sample.at <= last.at)) {
      if (sample.at <= last.at) return;
      this.#samples = [];
    }
    this.#samples.push(sample);
    this.#samples = this.#samples.filter(({ at }) => sample.at - at <= spanMs);
  }

  get latest(): Sample | undefined {
    return this.#samples.at(-1);
  }

  /** A figure over time: a value, or with `rate` how much it grows in a second. */
  series(read: (sample: Sample) => number, { rate }: { rate: boolean }): readonly Point[] {
    if (!rate) return this.#samples.map((sample) => ({ at: sample.at, value: read(sample) }));
    return this.#samples.slice(1).map((sample, index) => {
      const before = this.#samples[index] ?? sample;
      return { at: sample.at, value: ((read(sample) - read(before)) * 1000) / Math.max(1, sample.at - before.at) };
    });
  }
}

/** One place of a series. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

/** The sum of all counts. */
export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
