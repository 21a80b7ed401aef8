import type { Milliseconds } from "./time.ts";

/** Where time comes from. Injected everywhere, so that a test can hold it still or move it. */
export interface Clock {
  /** Milliseconds that only grow; for deadlines and rates. Never compared with anything outside this process. */
  monotonic(): Milliseconds;
  /** Milliseconds since 1970; only for what leaves the process or came from outside (token claims, stored rows, logs). */
  wall(): Milliseconds;
}
