import type { Subscribed } from "./subscription.ts";

const none: readonly never[] = Object.freeze([]);

/**
 * The subscriptions of a connection by channel, in the order in which they began. Most connections have one at the most,
 * which is kept without a map: a map of one entry costs 258 bytes (Bun 1.4.5).
 */
export class Subscriptions {
  #only: Subscribed | null = null;
  #several: Map<string, Subscribed> | null = null;

  get size(): number {
    return this.#several?.size ?? (this.#only === null ? 0 : 1);
  }

  get(channel: string): Subscribed | undefined {
    if (this.#several) return this.#several.get(channel);
    return this.#only?.channel === channel ? this.#only : undefined;
  }

  has(channel: string): boolean {
    return this.get(channel) !== undefined;
  }

  keys(): Iterable<string> {
    if (this.#several) return this.#several.keys();
    return this.#only ? [this.#only.channel] : none;
  }

  values(): Iterable<Subscribed> {
    if (this.#several) return this.#several.values();
    return this.#only ? [this.#only] : none;
  }

  /** Adds a subscription, or replaces that of the same channel. */
  set(subscription: Subscribed): void {
    if (!this.#several && (this.#only === null || this.#only.channel === subscription.channel)) {
      this.#only = subscription;
      return;
    }
    this.#several ??= new Map(this.#only ? [[this.#only.channel, this.#only]] : []);
    this.#several.set(subscription.channel, subscription);
  }

  delete(channel: string): void {
    if (this.#several) this.#several.delete(channel);
    else if (this.#only?.channel === channel) this.#only = null;
  }

  clear(): void {
    this.#only = null;
    this.#several = null;
  }
}
