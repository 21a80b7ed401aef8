import type { HeldMax } from "../../src/core/capabilities.ts";
import type { ClientEvent, ServerCommand, SubscriptionGranted } from "./events.ts";

/** What can be held back until its turn. */
export type Holdable = ClientEvent | ServerCommand | SubscriptionGranted;

/** Taken slots at the front of the list after which it is copied: taking one stays O(1), and no slot is kept for long. */
const takenMax = 64;

/** Commands that wait for their turn: first in, first out, one taken at a time. */
export class HeldCommands {
  #events: (Holdable | undefined)[] = [];
  #taken = 0;
  #bytes = 0;

  get size(): number {
    return this.#events.length - this.#taken;
  }

  add(event: Holdable): void {
    this.#events.push(event);
    this.#bytes += bytesOf(event);
  }

  /** The next one, which stays. */
  get first(): Holdable | undefined {
    return this.#events[this.#taken];
  }

  take(): Holdable | undefined {
    const event = this.first;
    if (event === undefined) return undefined;
    this.#bytes -= bytesOf(event);
    this.#events[this.#taken] = undefined;
    this.#taken += 1;
    if (this.#taken > takenMax && this.#taken * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#taken);
      this.#taken = 0;
    }
    return event;
  }

  /** The one that waits behind `index` others. */
  at(index: number): Holdable | undefined {
    return this.#events[this.#taken + index];
  }

  /** Whether one more fits the limit. */
  takes(event: Holdable, { commands, bytes }: HeldMax): boolean {
    return this.size < commands && this.#bytes + bytesOf(event) <= bytes;
  }
}

function bytesOf(event: Holdable): number {
  return "bytes" in event ? event.bytes : 0;
}
