import { milliseconds } from "../../src/core/time.ts";
import type { Timers } from "../../src/core/timers.ts";
import { ManualClock } from "./clock.ts";
import { ManualTimers } from "./timers.ts";

/** How often a server looks at its deadlines, in milliseconds. */
export const tick = 50;

/** A clock and timers that stand still until a test lets time pass on both. The next turn of the event loop comes by itself. */
export class ManualTime {
  readonly clock = new ManualClock();
  readonly #timers = new ManualTimers();
  readonly timers: Timers = {
    setTimeout: (run, delay) => this.#timers.setTimeout(run, delay),
    setInterval: (run, interval) => this.#timers.setInterval(run, interval),
    setImmediate: (run) => void setImmediate(run),
  };

  /** Lets so many milliseconds pass at once. */
  advance(duration: number): void {
    this.clock.advance(duration);
    this.#timers.advance(duration);
  }

  /** Resolves when so many milliseconds have passed. */
  sleep(duration: number): Promise<void> {
    return new Promise((resolve) => this.#timers.setTimeout(resolve, milliseconds(duration)));
  }

  /** Lets time pass until a promise is settled: what waits for timers comes to its end. */
  async until<Value>(promise: Promise<Value>): Promise<Value> {
    let isSettled = false;
    const settled = promise.finally(() => {
      isSettled = true;
    });
    while (!isSettled) {
      this.advance(tick);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return await settled;
  }
}
