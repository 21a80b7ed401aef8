import { type Bucket, takeToken } from "../../src/core/rate.ts";

/** Bytes a second of a line of 1 Gbit/s, as the attackers of one place may have. */
export const lineBytes = 125_000_000;

/** What may leave at once after a pause: two milliseconds of the line. */
const burst = lineBytes / 500;

/** A line to the server that several clients share: without it they would have the speed of the machine's memory. */
export class Line {
  readonly #bucket: Bucket = { tokens: 0, filledAt: performance.now() };

  /** Whether so many bytes may leave now. */
  takes(bytes: number): boolean {
    return takeToken(this.#bucket, performance.now(), { limit: lineBytes, burst }, bytes);
  }
}
