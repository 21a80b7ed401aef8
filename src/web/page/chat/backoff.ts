/** The first wait is at most this long, in milliseconds. */
const firstMs = 500;
/** No wait is longer than this, in milliseconds. */
const longestMs = 20_000;

/**
 * How many milliseconds to wait before an attempt to reconnect; `attempt` is 0 for the first. The ceiling doubles with
 * every attempt and the wait is anything up to it ("full jitter"), so that a thousand pages that lost the same server do
 * not come back in the same instant. `random` is in [0, 1).
 */
export function backoffMs(attempt: number, random: number): number {
  // 2^6 is over the ceiling already; without the bound a very long outage would end in Infinity * 0.
  const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 6));
  return Math.round(ceiling * random);
}
