/** A histogram as it travels between processes and into the results: [bucket, count] for those that are not empty. */
export type Counts = readonly (readonly [bucket: number, count: number])[];

/** Nanoseconds a step of the finest buckets stands for. */
const unit = 100;

/** Buckets per doubling: a value is kept to within 1/64, 1.6 %. */
const perOctave = 64;

/** Up to 2^31 units, 214 s: whatever is slower falls into the last bucket. */
const buckets = (31 - 6) * perOctave + 2 * perOctave;

/** The bucket that a latency in nanoseconds falls into. */
function bucketOf(nanoseconds: number): number {
  const value = Math.min(nanoseconds / unit, 2 ** 31 - 1) | 0;
  if (value < 2 * perOctave) return Math.max(value, 0);
  const shift = 25 - Math.clz32(value);
  return shift * perOctave + (value >>> shift);
}

/** The middle of a bucket, in nanoseconds. */
function middleOf(bucket: number): number {
  if (bucket < 2 * perOctave) return (bucket + 0.5) * unit;
  const shift = Math.floor(bucket / perOctave) - 1;
  return (bucket - shift * perOctave + 0.5) * 2 ** shift * unit;
}

/**
 * Latencies by the million. A run delivers up to eight million frames a second, so each is one increment in a typed
 * array (about 5 ns) instead of a sample; percentiles are right to 1.6 %.
 */
export class Histogram {
  readonly #counts = new Uint32Array(buckets);
  count = 0;

  /** `times`: how many deliveries took as long. */
  record(nanoseconds: number, times = 1): void {
    const bucket = bucketOf(nanoseconds);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + times;
    this.count += times;
  }

  /** Adds what another one holds. */
  add(counts: Counts): this {
    for (const [bucket, count] of counts) {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
      this.count += count;
    }
    return this;
  }

  /** The latency in nanoseconds that the share `p` (0.99, say) of all does not exceed; NaN where there are none. */
  percentile(p: number): number {
    if (this.count === 0) return Number.NaN;
    let left = Math.max(1, Math.ceil(p * this.count));
    for (let bucket = 0; bucket < buckets; bucket++) {
      left -= this.#counts[bucket] ?? 0;
      if (left <= 0) return middleOf(bucket);
    }
    return middleOf(buckets - 1);
  }

  counts(): Counts {
    const counts: [number, number][] = [];
    for (let bucket = 0; bucket < buckets; bucket++) {
      const count = this.#counts[bucket] ?? 0;
      if (count > 0) counts.push([bucket, count]);
    }
    return counts;
  }

  clear(): void {
    this.#counts.fill(0);
    this.count = 0;
  }
}
