import type { Milliseconds } from "./time.ts";

/** A timer that was set. Cancelling it twice, or after it has run, has no effect. */
export interface Timer {
  cancel(): void;
}

/**
 * Where the event loop calls back from. Injected like the clock, so that a test or a simulator decides when time passes.
 * There is no timer per connection: deadlines of connections are in `actors/deadlines.ts`, behind one interval.
 */
export interface Timers {
  setTimeout(run: () => void, delay: Milliseconds): Timer;
  setInterval(run: () => void, interval: Milliseconds): Timer;
  /** Runs in the next turn of the event loop, after the input of this one. */
  setImmediate(run: () => void): void;
}
