import type { PendingHook } from "./pending.ts";

/** An unsubscribe from a channel whose subscribe hook is being asked. */
interface PutOff {
  readonly id: number;
  readonly channel: string;
}

/** What hooks are asked beside the commands of one connection, and what waits for their answers. */
export class Questions {
  readonly #pending = new Map<number, PendingHook>();
  #putOff: PutOff[] = [];

  /** Remembers a question under the number of its answer. */
  add(ticket: number, pending: PendingHook): number {
    this.#pending.set(ticket, pending);
    return ticket;
  }

  has(ticket: number): boolean {
    return this.#pending.has(ticket);
  }

  /** What the answer with this number is for; it is waited for no longer. */
  take(ticket: number): PendingHook | null {
    const pending = this.#pending.get(ticket) ?? null;
    this.#pending.delete(ticket);
    return pending;
  }

  /** Whether a hook is being asked if the client may subscribe to the channel. */
  isAsking(channel: string): boolean {
    for (const pending of this.#pending.values()) {
      if (pending.for === "subscribe hook" && pending.subscription.channel === channel) return true;
    }
    return false;
  }

  /** Subscriptions that a hook is asked about. */
  get subscriptions(): number {
    let count = 0;
    for (const pending of this.#pending.values()) if (pending.for === "subscribe hook") count += 1;
    return count;
  }

  putOff(unsubscribe: PutOff): void {
    this.#putOff.push(unsubscribe);
  }

  /** Unsubscribes that wait. */
  get waiting(): number {
    return this.#putOff.length;
  }

  /** The unsubscribes that no hook holds back any more. */
  takeDue(): readonly PutOff[] {
    const due = this.#putOff.filter(({ channel }) => !this.isAsking(channel));
    if (due.length > 0) this.#putOff = this.#putOff.filter(({ channel }) => this.isAsking(channel));
    return due;
  }
}
