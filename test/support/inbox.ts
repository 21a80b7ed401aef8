import { patience } from "./patience.ts";

interface Waiter<T> {
  readonly resolve: (item: T) => void;
  readonly timer: Timer;
}

/** What arrived and was not asked for yet, and who waits for what has not arrived: a test's ear. */
export class Inbox<T> {
  readonly #what: string;
  readonly #describe: (item: T) => string;
  readonly #items: T[] = [];
  readonly #waiters: Waiter<T>[] = [];
  readonly #seen: string[] = [];
  #count = 0;

  /** `what` and `describe` are for the message of a wait that ends in vain. */
  constructor(what: string, describe: (item: T) => string) {
    this.#what = what;
    this.#describe = describe;
  }

  push(item: T): void {
    this.#count += 1;
    this.#seen.push(this.#describe(item).slice(0, 200));
    if (this.#seen.length > 40) this.#seen.shift();
    const waiter = this.#waiters.shift();
    if (!waiter) {
      this.#items.push(item);
      return;
    }
    clearTimeout(waiter.timer);
    waiter.resolve(item);
  }

  /** The next item, now or when it arrives; fails after `patience` with what has arrived so far. */
  next(): Promise<T> {
    const [item] = this.#items.splice(0, 1);
    if (item !== undefined) return Promise.resolve(item);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const timer = setTimeout(() => reject(new Error(this.#inVain())), patience);
    this.#waiters.push({ resolve, timer });
    return promise;
  }

  /** What has arrived and was not taken. */
  get waiting(): number {
    return this.#items.length;
  }

  #inVain(): string {
    const older = this.#count - this.#seen.length;
    const seen = this.#seen.map((line) => `\n  ${line}`).join("");
    return `${this.#what}: nothing more came in ${patience} ms. Seen${older > 0 ? ` after ${older} others` : ""}:${seen || " nothing"}`;
  }
}
