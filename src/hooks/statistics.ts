/** Upper bounds of the buckets of the duration histogram, in seconds. */
export const durationBounds: readonly number[] = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** What was counted of one hook: plain numbers, read when metrics are scraped. */
export interface HookStatistics {
  /** The kind of hook, or of lifecycle event. */
  readonly kind: string;
  readonly name: string;
  /** Calls that were started. */
  calls: number;
  /** Hooks that threw, rejected or answered what is no answer. */
  errors: number;
  timeouts: number;
  /** Answers that came after the timeout or after the end of the connection, and were dropped. */
  late: number;
  /** Calls that were refused with error 111 without running. */
  limited: number;
  /** Calls that run now. */
  inFlight: number;
  /** Calls that wait for the server's limit now. */
  waiting: number;
  /** Handlers that held the event loop for more than 50 ms. */
  blocked: number;
  /** Calls by duration: one count for each of `durationBounds`, and the last for longer ones. Not cumulative. */
  readonly durations: number[];
  /** Seconds, all calls together. */
  durationSum: number;
}

/** A hook's counters, all zero. */
export function createStatistics(kind: string, name: string): HookStatistics {
  return {
    kind,
    name,
    calls: 0,
    errors: 0,
    timeouts: 0,
    late: 0,
    limited: 0,
    inFlight: 0,
    waiting: 0,
    blocked: 0,
    durations: Array.from({ length: durationBounds.length + 1 }, () => 0),
    durationSum: 0,
  };
}

/** Counts a call that took so many seconds. */
export function countDuration(statistics: HookStatistics, seconds: number): void {
  const { durations } = statistics;
  let bucket = 0;
  while (bucket < durationBounds.length && seconds > (durationBounds[bucket] ?? 0)) bucket += 1;
  durations[bucket] = (durations[bucket] ?? 0) + 1;
  statistics.durationSum += seconds;
}
