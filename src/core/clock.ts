import { type Milliseconds, milliseconds } from "./time.ts";

/** Where time comes from. Injected everywhere, so that a test can hold it still or move it. */
export interface Clock {
  /** Milliseconds that only grow; for deadlines and rates. Never compared with anything outside this process. */
  monotonic(): Milliseconds;
  /** Milliseconds since 1970; only for what leaves the process or came from outside (token claims, stored rows, logs). */
  wall(): Milliseconds;
}

/**
 * Milliseconds since 1970 as they pass in this process: where the machine's clock is set, or the machine was suspended,
 * they go on as before. For times to live that nothing but time is to end.
 */
export function steadyWall(clock: Clock): () => Milliseconds {
  const offset = clock.wall() - clock.monotonic();
  return () => milliseconds(offset + clock.monotonic());
}
