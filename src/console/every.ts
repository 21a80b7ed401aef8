import type { Milliseconds } from "../core/time.ts";
import type { Timers } from "../core/timers.ts";

/** Runs something again and again until the signal aborts. */
export function every(timers: Timers, interval: Milliseconds, signal: AbortSignal, run: () => void): void {
  if (signal.aborted) return;
  const timer = timers.setInterval(run, interval);
  signal.addEventListener("abort", () => timer.cancel(), { once: true });
}
