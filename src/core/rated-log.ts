import type { Clock } from "./clock.ts";
import type { Log, LogFields } from "./log.ts";
import { type Bucket, takeToken } from "./rate.ts";

/** Lines for one key: so many at once, and one a second after them. */
const rate = { limit: 1, burst: 10 };

interface Key extends Bucket {
  /** Lines that were left out since the last one. */
  suppressed: number;
}

/** Lines of one event that a client can cause: each key has a rate, and a line tells how many before it were left out. */
export class RatedLog {
  readonly #event: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #keys = new Map<string | number, Key>();

  constructor(event: string, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#event = event;
    this.#clock = clock;
    this.#log = log;
  }

  /** Logs at level info, where the rate of `key` allows it. Keys come from our own tables: they are kept for good. */
  info(key: string | number, fields: () => LogFields): void {
    const now = this.#clock.monotonic();
    const entry = this.#keys.get(key) ?? { tokens: rate.burst, filledAt: now, suppressed: 0 };
    this.#keys.set(key, entry);
    if (!takeToken(entry, now, rate)) {
      entry.suppressed += 1;
      return;
    }
    const { suppressed } = entry;
    entry.suppressed = 0;
    this.#log.info(this.#event, { ...fields(), ...(suppressed > 0 && { suppressed }) });
  }
}
