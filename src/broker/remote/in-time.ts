/** A question with a time limit. */
export interface Waiting {
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Called when the time is over: answers the question without its result. */
  late(): void;
}

/** Questions without an answer, in the order of their start; all have the same time limit. */
export class InTime {
  readonly #waiting = new Set<Waiting>();
  readonly #ms: number;

  /** `ms`: the limit in milliseconds; the wait is 100 ms shorter, so that a tick of 50 ms answers before the limit. */
  constructor(ms: number) {
    this.#ms = Math.max(ms - 100, ms / 2);
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(waiting: Waiting): void {
    this.#waiting.add(waiting);
  }

  /** False: it was answered before. */
  take(waiting: Waiting): boolean {
    return this.#waiting.delete(waiting);
  }

  /** The callback of a question: `done` is given the first answer, or null where the time is over before. */
  ask<Answer>(startedAt: number, done: (answer: Answer | null) => void): (answer: Answer | null) => void {
    const answer = (given: Answer | null) => {
      if (this.take(waiting)) done(given);
    };
    const waiting = { startedAt, late: () => answer(null) };
    this.add(waiting);
    return answer;
  }

  /** To be called every 50 ms. */
  tick(now: number): void {
    for (const waiting of this.#waiting) {
      if (now - waiting.startedAt < this.#ms) return;
      waiting.late();
    }
  }
}
