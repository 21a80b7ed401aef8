/**
 * Runs tasks that come in crowds, a few in each turn of the event loop, first in, first out, so that no other work waits
 * for the last of them. Bun takes and closes connections as long as there are more: 2,000 who connected kept everyone
 * else waiting for 250 ms, and 5,000 whose lines were cut for 200 ms (measured on Bun 1.4.5).
 */
export class Pacer {
  readonly #perTurn: number;
  readonly #schedule: (task: () => void) => void;
  #left: number;
  #isScheduled = false;
  readonly #waiting: (() => void)[] = [];

  /** `schedule` runs a task in the next turn of the event loop: `setImmediate`, but in tests. */
  constructor(perTurn: number, schedule: (task: () => void) => void) {
    this.#perTurn = perTurn;
    this.#schedule = schedule;
    this.#left = perTurn;
  }

  /** Null: go ahead. Otherwise resolves when it is one's turn. */
  take(): Promise<void> | null {
    return this.#isMine() ? null : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Runs a task, at once where there is room in this turn. */
  run(task: () => void): void {
    if (this.#isMine()) task();
    else this.#waiting.push(task);
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  #isMine(): boolean {
    this.#scheduleRenewal();
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }

  #scheduleRenewal(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(() => this.#renew());
  }

  #renew(): void {
    this.#isScheduled = false;
    const released = this.#waiting.splice(0, this.#perTurn);
    this.#left = this.#perTurn - released.length;
    if (released.length > 0) this.#scheduleRenewal();
    for (const release of released) release();
  }
}
