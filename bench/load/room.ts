import type { Histogram } from "../measure/histogram.ts";

/** What a run hears of: each delivery, and each publication that the last receiver has. */
export interface Account {
  readonly deliveries: Histogram;
  readonly lasts: Histogram;
  /** Called when the last receiver of a publication has it. */
  completed(): void;
}

/**
 * One channel as the load sees it: who is in it, what was published, and what of that has arrived. It is kept by
 * counting: the n-th message that a receiver gets is the n-th that was published.
 */
export class Room {
  /** Publications so far; the number of the next one. */
  sent = 0;
  /** How many receivers are in it. */
  size = 0;
  #account: Account | null = null;
  readonly channel: string;
  readonly #sentAt: Float64Array;
  readonly #missing: Int32Array;
  readonly #mask: number;

  /** `ring`: a power of two, more than the publications that can be under way at once. */
  constructor(channel: string, ring: number) {
    this.channel = channel;
    this.#sentAt = new Float64Array(ring);
    this.#missing = new Int32Array(ring);
    this.#mask = ring - 1;
  }

  /** From here on `account` hears of everything. */
  report(account: Account): void {
    this.#account = account;
  }

  /** One more is published; `at`, in nanoseconds, is when it was meant to be. Returns its number. */
  publish(at: number): number {
    const number = this.sent;
    const slot = number & this.#mask;
    if (this.#missing[slot] !== 0) throw new Error("the server does not keep up: too much is under way");
    this.#sentAt[slot] = at;
    this.#missing[slot] = this.size;
    this.sent = number + 1;
    return number;
  }

  /**
   * A receiver has the messages from the `from`-th up to before the `to`-th, at `now`. The hot path of the load:
   * publications that went out together have one time, and are recorded together.
   */
  arrived(from: number, to: number, now: number): void {
    const account = this.#account;
    if (account === null) throw new Error("a message came where nothing was published");
    const sentAts = this.#sentAt;
    const missings = this.#missing;
    const mask = this.#mask;
    let sentAt = sentAts[from & mask] ?? 0;
    let first = from;
    for (let number = from; number < to; number++) {
      const slot = number & mask;
      const at = sentAts[slot] ?? 0;
      if (at !== sentAt) {
        account.deliveries.record(now - sentAt, number - first);
        sentAt = at;
        first = number;
      }
      const missing = (missings[slot] ?? 0) - 1;
      missings[slot] = missing;
      if (missing <= 0) this.#complete(account, now - at, missing);
    }
    account.deliveries.record(now - sentAt, to - first);
  }

  #complete(account: Account, latency: number, missing: number): void {
    if (missing < 0) throw new Error(`more messages came than were published in ${this.channel}`);
    account.lasts.record(latency);
    account.completed();
  }
}
