import type { Random } from "../core/random.ts";

/** How many are notified at once. */
interface LossesOptions {
  /** Subscribers in one tick, with jitter. */
  readonly tickSize: number;
}

/**
 * Tells subscribers that they have lost their position: some at once, the others with the next ticks, because each of
 * them comes back at once, and after a failover of the engine that is everyone.
 */
export class Losses {
  readonly #options: LossesOptions;
  readonly #random: Pick<Random, "float">;
  #waiting: (() => void)[] = [];
  /** How many more are notified in this tick. */
  #left: number;

  constructor(options: LossesOptions, random: Pick<Random, "float">) {
    this.#options = options;
    this.#random = random;
    this.#left = options.tickSize;
  }

  /** Subscribers that are not notified yet. */
  get size(): number {
    return this.#waiting.length;
  }

  add(tell: () => void): void {
    if (this.#left === 0) {
      this.#waiting.push(tell);
      return;
    }
    this.#left -= 1;
    tell();
  }

  /** To be called every 50 ms. */
  tick(): void {
    this.#left = Math.max(1, Math.round(this.#options.tickSize * (0.5 + this.#random.float())));
    if (this.#waiting.length === 0) return;
    const due = this.#waiting.splice(0, this.#left);
    this.#left -= due.length;
    for (const tell of due) tell();
  }
}
