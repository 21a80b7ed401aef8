import type { Clock } from "../core/clock.ts";
import type { Log, LogFields } from "../core/log.ts";

const intervalMs = 60_000;

/** One kind of failure, counted each time and told once a minute: what fails a thousand times a second fills no log. */
export class ThrottledLog {
  readonly #event: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #count = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(event: string, { clock, log }: { clock: Clock; log: Log }) {
    this.#event = event;
    this.#clock = clock;
    this.#log = log;
  }

  get count(): number {
    return this.#count;
  }

  add(fields: LogFields = {}): void {
    this.#count++;
    const now = this.#clock.monotonic();
    if (now - this.#toldAt < intervalMs) return;
    this.#toldAt = now;
    this.#log.error(this.#event, { ...fields, count: this.#count });
  }
}
