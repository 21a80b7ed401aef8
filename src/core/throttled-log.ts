import type { Clock } from "./clock.ts";
import type { Log, LogFields } from "./log.ts";

const intervalMs = 60_000;

/** One kind of failure: each is counted, and one in a minute is logged, so that a thousand a second fill no disk. */
export class ThrottledLog {
  readonly #event: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #count = 0;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(event: string, { clock, log }: { clock: Clock; log: Log }) {
    this.#event = event;
    this.#clock = clock;
    this.#log = log;
  }

  get count(): number {
    return this.#count;
  }

  /** Counts one, and logs it at level error with the count where none was logged for a minute. */
  add(fields: LogFields = {}): void {
    this.#count++;
    const now = this.#clock.monotonic();
    if (now - this.#loggedAt < intervalMs) return;
    this.#loggedAt = now;
    this.#log.error(this.#event, { ...fields, count: this.#count });
  }
}
