/** A figure over rounds: never one absolute number alone. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The middle value, or the mean of the two middle ones; NaN where there are none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] ?? Number.NaN;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The value that the share `p` of the samples does not exceed, by nearest rank; NaN where there are none. */
export function percentile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length, Math.max(1, Math.ceil(p * sorted.length))) - 1] ?? Number.NaN;
}

/** At most `count` of the values, evenly spread over their order: what is stored of a round's raw samples. */
export function thin(values: readonly number[], count: number): number[] {
  if (values.length <= count) return [...values];
  const step = (values.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, index) => values[Math.round(index * step)] ?? Number.NaN);
}

/**
 * How one server compares with another over interleaved rounds: round by round, because neighbours in time share the
 * machine's mood. `null` where no round has both.
 */
export function ratioOf(rates: readonly (number | null)[], baseline: readonly (number | null)[]): Spread | null {
  const ratios: number[] = [];
  for (const [round, rate] of rates.entries()) {
    const base = baseline[round];
    if (rate !== null && base !== null && base !== undefined && base > 0) ratios.push(rate / base);
  }
  return ratios.length > 0 ? spreadOf(ratios) : null;
}
