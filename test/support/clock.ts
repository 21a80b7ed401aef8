import type { Clock } from "../../src/core/clock.ts";
import { type Milliseconds, milliseconds } from "../../src/core/time.ts";

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #monotonic = 0;
  #wall: number;

  /** `wall` is where the wall clock starts, in milliseconds since 1970. */
  constructor(wall = Date.UTC(2030, 0, 1)) {
    this.#wall = wall;
  }

  monotonic(): Milliseconds {
    return milliseconds(this.#monotonic);
  }

  wall(): Milliseconds {
    return milliseconds(this.#wall);
  }

  /** Lets time pass: both clocks move on by as many milliseconds. */
  advance(milliseconds: number): void {
    this.#monotonic += milliseconds;
    this.#wall += milliseconds;
  }

  /** Sets the wall clock alone forward, or back where negative, as an administrator or NTP does. */
  jump(milliseconds: number): void {
    this.#wall += milliseconds;
  }
}
