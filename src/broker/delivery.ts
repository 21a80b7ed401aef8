import type { Publication } from "../core/publication.ts";
import type { Socket } from "../core/socket.ts";
import type { BrokerEvents } from "./broker.ts";

/** Receives what a callback has thrown. */
interface Poisoned {
  poisoned(channel: string, error: unknown): void;
}

/** Hands publications on and calls callbacks, so that what one of them throws stops nothing else. */
export class Delivery {
  readonly #events: BrokerEvents;
  readonly #report: Poisoned;
  /** True inside of `deliver`: half way through a publication that nothing may pass. */
  #busy = false;
  #postponed: (() => void)[] = [];

  constructor(events: BrokerEvents, report: Poisoned) {
    this.#events = events;
    this.#report = report;
  }

  get busy(): boolean {
    return this.#busy;
  }

  handOn(channel: string, publication: Publication, exclude: Socket | null): void {
    this.#busy = true;
    try {
      // The first publication of a stream: what was before it in the channel is forgotten.
      if (publication.offset === 1) this.#events.lost(channel, publication.epoch);
      this.#events.deliver(channel, publication, exclude);
    } catch (error) {
      this.#report.poisoned(channel, error);
    }
    this.#busy = false;
  }

  /** Calls back, and then does what `deliver` asked for before. */
  answer<T>(channel: string, callback: ((answer: T) => void) | null, answer: T): void {
    if (callback !== null) {
      try {
        callback(answer);
      } catch (error) {
        this.#report.poisoned(channel, error);
      }
    }
    if (this.#postponed.length > 0) this.#resume();
  }

  /** True where the task has to wait until what is being delivered is through: a slow socket's end may ask for it. */
  postpone(task: () => void): boolean {
    if (this.#busy) this.#postponed.push(task);
    return this.#busy;
  }

  #resume(): void {
    const tasks = this.#postponed;
    this.#postponed = [];
    for (const task of tasks) task();
  }
}
