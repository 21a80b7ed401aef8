import type { Clock } from "./clock.ts";
import type { Log, LogFields } from "./log.ts";

const intervalMs = 60_000;

interface ThrottledLogOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** `info` for what a client does wrong; `error` where it is not given. */
  readonly level?: "error" | "info";
}

/** One kind of failure: each is counted, and one in a minute is logged, so that a thousand a second fill no disk. */
export class ThrottledLog {
  readonly #event: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #level: "error" | "info";
  #count = 0;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(event: string, { clock, log, level = "error" }: ThrottledLogOptions) {
    this.#event = event;
    this.#clock = clock;
    this.#log = log;
    this.#level = level;
  }

  get count(): number {
    return this.#count;
  }

  /** Counts one, and logs it with the count where none was logged for a minute. */
  add(fields: LogFields = {}): void {
    this.#count++;
    const now = this.#clock.monotonic();
    if (now - this.#loggedAt < intervalMs) return;
    this.#loggedAt = now;
    this.#log[this.#level](this.#event, { ...fields, count: this.#count });
  }
}
