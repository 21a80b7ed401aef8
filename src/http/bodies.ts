import type { Clock } from "../core/clock.ts";
import { milliseconds } from "../core/time.ts";
import type { Timers } from "../core/timers.ts";

/** Why a body was not read. */
export type Unread = "late" | "broken";

/** A body that has not arrived yet. */
interface Pending {
  /** In monotonic milliseconds. */
  readonly dueAt: number;
  expire(): void;
}

/** Milliseconds between two searches for late bodies. */
const lookInterval = milliseconds(1_000);

/**
 * Reads bodies within a time. It is the same for all, so the set is in the order in which they expire, and one timer a
 * second looks at the first of them: a timer for each would cost more than the reading.
 */
export class Bodies {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #timeout: number;
  readonly #pending = new Set<Pending>();
  #isLooking = false;

  /** `timeout`: milliseconds from the head of a request to the end of its body. */
  constructor({ clock, timers }: { clock: Clock; timers: Timers }, timeout: number) {
    this.#clock = clock;
    this.#timers = timers;
    this.#timeout = timeout;
  }

  /** What reading a request's body gives, or why it gave nothing in time. */
  read<Body>(reading: Promise<Body>, done: (body: Body | { readonly unread: Unread }) => void): void {
    const pending: Pending = {
      dueAt: this.#clock.monotonic() + this.#timeout,
      expire: () => done({ unread: "late" }),
    };
    this.#pending.add(pending);
    this.#look();
    const settled = (body: Body | { readonly unread: Unread }) => {
      if (this.#pending.delete(pending)) done(body);
    };
    reading.then(settled, () => settled({ unread: "broken" }));
  }

  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#timers.setTimeout(() => {
      this.#isLooking = false;
      this.#expire();
      if (this.#pending.size > 0) this.#look();
    }, lookInterval);
  }

  #expire(): void {
    const now = this.#clock.monotonic();
    for (const pending of this.#pending) {
      if (pending.dueAt > now) return;
      this.#pending.delete(pending);
      pending.expire();
    }
  }
}
