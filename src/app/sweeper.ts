import { deadlineResolution } from "../../actors/deadlines.ts";
import type { Clock } from "../core/clock.ts";
import type { Timer, Timers } from "../core/timers.ts";

/** Periodic work of the server, by how often it is due. */
export interface SweepWork {
  /** Every 50 ms. */
  tick(): void;
  /** About once a second. */
  second(): void;
  /** About every five seconds. */
  seldom(): void;
}

const ticksPerSecond = 1000 / deadlineResolution;
const ticksPerSeldom = 5 * ticksPerSecond;

/** The one periodic timer of the server: everything that is done again and again is done on its ticks. */
export class Sweeper {
  readonly #clock: Clock;
  readonly #work: SweepWork;
  readonly #timer: Timer;
  #ticks = 0;
  #expectedAt: number;
  #lag = 0;

  /** Starts ticking at once. */
  constructor({ clock, timers }: { readonly clock: Clock; readonly timers: Timers }, work: SweepWork) {
    this.#clock = clock;
    this.#work = work;
    this.#expectedAt = clock.monotonic() + deadlineResolution;
    this.#timer = timers.setInterval(() => this.#fire(), deadlineResolution);
  }

  /** Seconds that the last tick came late: how long the event loop was blocked. */
  get lag(): number {
    return this.#lag;
  }

  /** Does the work of one tick now. */
  sweep(): void {
    this.#ticks += 1;
    this.#work.tick();
    if (this.#ticks % ticksPerSecond === 0) this.#work.second();
    if (this.#ticks % ticksPerSeldom === 0) this.#work.seldom();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #fire(): void {
    const now = this.#clock.monotonic();
    this.#lag = Math.max(0, now - this.#expectedAt) / 1000;
    this.#expectedAt = now + deadlineResolution;
    this.sweep();
  }
}
