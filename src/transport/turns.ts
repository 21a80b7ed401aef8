/** Upgrades of one turn of the event loop: at some 120 us each (measured), those who are there wait 2 ms for them. */
const upgradesPerTurn = 16;

/**
 * Lets upgrades go ahead a few per turn of the event loop. Bun takes connections as long as there are new ones, and those
 * who are answered at once make room for more: without this, 2,000 who connect kept everyone else waiting until the last
 * of them was in, some 250 ms (measured on Bun 1.4.5).
 */
export class UpgradeTurns {
  readonly #schedule: (task: () => void) => void;
  #left = upgradesPerTurn;
  #isScheduled = false;
  readonly #waiting: (() => void)[] = [];

  /** `schedule` runs a task in the next turn of the event loop: `setImmediate`, but in tests. */
  constructor(schedule: (task: () => void) => void) {
    this.#schedule = schedule;
  }

  /** Null: go ahead. Otherwise resolves when it is one's turn, in the order of asking. */
  take(): Promise<void> | null {
    this.#scheduleRenewal();
    if (this.#left === 0) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#left -= 1;
    return null;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  #scheduleRenewal(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(() => this.#renew());
  }

  #renew(): void {
    this.#isScheduled = false;
    const released = this.#waiting.splice(0, upgradesPerTurn);
    this.#left = upgradesPerTurn - released.length;
    if (released.length > 0) this.#scheduleRenewal();
    for (const release of released) release();
  }
}
