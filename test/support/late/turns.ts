import type { SeededRandom } from "../random.ts";

/** Turns of the event loop that a task waits for at the most. */
const turnsMax = 3;

/**
 * Runs tasks after a random number of turns: those of one lane in their order, those of different lanes in any. What is
 * far away answers so.
 */
export class Turns {
  readonly #random: SeededRandom;
  readonly #schedule: (task: () => void) => void;
  readonly #lanes = new Map<string, (() => void)[]>();
  #quiet: (() => void)[] = [];

  /** `schedule` runs a task in the next turn. */
  constructor(random: SeededRandom, schedule: (task: () => void) => void) {
    this.#random = random;
    this.#schedule = schedule;
  }

  /** Nothing waits. */
  get isIdle(): boolean {
    return this.#lanes.size === 0;
  }

  add(lane: string, task: () => void): void {
    const tasks = this.#lanes.get(lane);
    if (tasks) {
      tasks.push(task);
      return;
    }
    this.#lanes.set(lane, [task]);
    this.#wait(lane, this.#random.int(turnsMax + 1));
  }

  /** The value of some work, after its turns. */
  answer<Value>(lane: string, work: () => Value | Promise<Value>): Promise<Value> {
    return new Promise((resolve) => this.add(lane, () => resolve(work())));
  }

  /** Resolves when nothing waits. */
  async quiet(): Promise<void> {
    while (!this.isIdle) await new Promise<void>((resolve) => this.#quiet.push(resolve));
  }

  #wait(lane: string, turns: number): void {
    this.#schedule(() => {
      if (turns > 0) this.#wait(lane, turns - 1);
      else this.#runFirst(lane);
    });
  }

  #runFirst(lane: string): void {
    const tasks = this.#lanes.get(lane) ?? [];
    // The task stays in its lane while it runs: what it adds comes after what waits already.
    try {
      tasks[0]?.();
    } finally {
      tasks.shift();
      this.#goOn(lane, tasks);
    }
  }

  #goOn(lane: string, tasks: readonly unknown[]): void {
    if (tasks.length > 0) {
      this.#wait(lane, this.#random.int(turnsMax + 1));
      return;
    }
    this.#lanes.delete(lane);
    if (!this.isIdle) return;
    const waiting = this.#quiet;
    this.#quiet = [];
    for (const resolve of waiting) resolve();
  }
}
