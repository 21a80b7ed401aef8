import type { Milliseconds } from "../../src/core/time.ts";
import type { Timer, Timers } from "../../src/core/timers.ts";

interface Pending {
  readonly run: () => void;
  /** Null for a timer that runs once. */
  readonly interval: Milliseconds | null;
  dueAt: number;
}

/** Timers that run when a test says so, in the order in which they are due. */
export class ManualTimers implements Timers {
  #now = 0;
  readonly #pending = new Set<Pending>();
  #immediate: (() => void)[] = [];

  setTimeout(run: () => void, delay: Milliseconds): Timer {
    return this.#add({ run, interval: null, dueAt: this.#now + delay });
  }

  setInterval(run: () => void, interval: Milliseconds): Timer {
    return this.#add({ run, interval, dueAt: this.#now + interval });
  }

  setImmediate = (run: () => void): void => {
    this.#immediate.push(run);
  };

  /** Timers that are set, without those of the next turn. */
  get size(): number {
    return this.#pending.size;
  }

  /** Runs what waits for the next turn of the event loop. */
  turn(): void {
    for (const run of this.#immediate.splice(0)) run();
  }

  /** Lets so many milliseconds pass. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#now = next.dueAt;
      if (next.interval === null) this.#pending.delete(next);
      else next.dueAt += next.interval;
      next.run();
    }
    this.#now = end;
  }

  #add(pending: Pending): Timer {
    this.#pending.add(pending);
    return { cancel: () => this.#pending.delete(pending) };
  }

  #next(end: number): Pending | undefined {
    return [...this.#pending].filter(({ dueAt }) => dueAt <= end).sort((a, b) => a.dueAt - b.dueAt)[0];
  }
}
