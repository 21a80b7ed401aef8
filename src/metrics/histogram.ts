/** Upper bounds in seconds: from what a publish in memory takes to what a person calls slow. */
const bounds = [0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** Durations by size, in plain numbers: an observation is a short loop and three additions. */
export class Histogram {
  /** Observations by bucket, the last of which has no upper bound. */
  readonly #counts = new Float64Array(bounds.length + 1);
  #sum = 0;

  /** Takes a duration in milliseconds; below 0, which a clock cannot give, counts as 0. */
  observe(milliseconds: number): void {
    const seconds = Math.max(0, milliseconds / 1000);
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] ?? 0)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += seconds;
  }

  /** Observations up to each bound and all of them, as Prometheus has them: each bucket includes those before it. */
  read(): {
    readonly buckets: readonly (readonly [le: string, count: number])[];
    readonly sum: number;
    readonly count: number;
  } {
    let count = 0;
    const buckets = Array.from(this.#counts, (value, index) => {
      count += value;
      return [index < bounds.length ? String(bounds[index]) : "+Inf", count] as const;
    });
    return { buckets, sum: this.#sum, count };
  }
}
