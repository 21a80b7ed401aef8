import type { Clock } from "./clock.ts";
import type { Log, LogFields } from "./log.ts";
import { type Bucket, type Rate, takeToken } from "./rate.ts";

/** Lines for one key: so many at once, of errors so many, and one a second after them. */
const burst = 10;
const errorBurst = 20;

interface Key extends Bucket {
  /** Lines that were left out since the last one. */
  suppressed: number;
}

interface RatedLogOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** `info` where it is not given. */
  readonly level?: "error" | "warn" | "info";
}

/** Lines of one event that a client can cause: each key has a rate, and a line says how many before it were left out. */
export class RatedLog {
  readonly #event: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #level: "error" | "warn" | "info";
  readonly #rate: Rate;
  readonly #keys = new Map<string | number, Key>();

  constructor(event: string, { clock, log, level = "info" }: RatedLogOptions) {
    this.#event = event;
    this.#clock = clock;
    this.#log = log;
    this.#level = level;
    this.#rate = { limit: 1, burst: level === "error" ? errorBurst : burst };
  }

  /** Logs where the rate of `key` allows it. Keys come from our own tables: they are kept for good. */
  add(key: string | number, fields: () => LogFields): void {
    const now = this.#clock.monotonic();
    const entry = this.#keys.get(key) ?? { tokens: this.#rate.burst, filledAt: now, suppressed: 0 };
    this.#keys.set(key, entry);
    if (!takeToken(entry, now, this.#rate)) {
      entry.suppressed += 1;
      return;
    }
    const { suppressed } = entry;
    entry.suppressed = 0;
    this.#log[this.#level](this.#event, { ...fields(), ...(suppressed > 0 && { suppressed }) });
  }
}
