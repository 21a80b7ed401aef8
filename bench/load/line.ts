/** Bytes a second of a line of 1 Gbit/s, as the attackers of one place may have. */
export const lineBytes = 125_000_000;

/** What may leave at once after a pause, in milliseconds of the line. */
const burstMs = 2;

/** A line to the server that several clients share: without it they would have the speed of the machine's memory. */
export class Line {
  #left = 0;
  #filledAt = performance.now();

  /** Whether so many bytes may leave now. */
  takes(bytes: number): boolean {
    const now = performance.now();
    const perMs = lineBytes / 1_000;
    this.#left = Math.min(burstMs * perMs, this.#left + (now - this.#filledAt) * perMs);
    this.#filledAt = now;
    if (this.#left <= 0) return false;
    this.#left -= bytes;
    return true;
  }
}
