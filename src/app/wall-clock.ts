import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Counters } from "../metrics/counters.ts";

/** A wall clock that differs by more milliseconds than this from the time that has passed was set, or has stopped. */
const jumpMin = 60_000;

/** Notices that the wall clock was set, or that the machine was suspended. */
export class WallClockWatch {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #counters: Pick<Counters, "clockJumps">;
  #offset: number;

  constructor({ clock, log, counters }: { clock: Clock; log: Log; counters: Pick<Counters, "clockJumps"> }) {
    this.#clock = clock;
    this.#log = log;
    this.#counters = counters;
    this.#offset = this.#currentOffset();
  }

  /** Counts and logs a jump of more than 60 s since it was called last. */
  look(): void {
    const offset = this.#currentOffset();
    const jump = offset - this.#offset;
    this.#offset = offset;
    if (Math.abs(jump) <= jumpMin) return;
    this.#counters.clockJumps += 1;
    this.#log.warn("clock.jumped", { seconds: Math.round(jump / 1000) });
  }

  #currentOffset(): number {
    return this.#clock.wall() - this.#clock.monotonic();
  }
}
