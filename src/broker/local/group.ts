import type { Draft, Outcome } from "../broker.ts";
import type { Appended } from "./store.ts";

/** A publish between its arrival and its answer. */
export interface Waiting {
  readonly draft: Draft;
  readonly done: ((outcome: Outcome) => void) | null;
  /** The digest of its idempotency key; null without one. */
  readonly key: string | null;
  /** Its commit failed. */
  refused: boolean;
  /** What it became in the commit; null before that, and where it is kept in memory or nowhere. */
  appended: Appended | null;
}

/** One sync to the disk for so many: more hardly raise the rate, and the first waits for the last. */
const groupMax = 64;

/** The publishes that wait for the next commit, in the order of their arrival. */
export class WaitingGroup {
  readonly #schedule: (task: () => void) => void;
  readonly #flush: () => void;
  readonly #channels = new Set<string>();
  #waiting: Waiting[] = [];
  #scheduled = false;

  /** `flush` is what has to happen at the end of the turn in which something began to wait. */
  constructor(schedule: (task: () => void) => void, flush: () => void) {
    this.#schedule = schedule;
    this.#flush = flush;
  }

  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  get size(): number {
    return this.#waiting.length;
  }

  has(channel: string): boolean {
    return this.#channels.has(channel);
  }

  /** True where the group is full and waits no longer. */
  add(waiting: Waiting): boolean {
    this.#waiting.push(waiting);
    this.#channels.add(waiting.draft.channel);
    if (this.#waiting.length >= groupMax) return true;
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#schedule(() => {
        this.#scheduled = false;
        this.#flush();
      });
    }
    return false;
  }

  take(): Waiting[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#channels.clear();
    return waiting;
  }
}
