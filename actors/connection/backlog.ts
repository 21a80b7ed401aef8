import type { Timers } from "../../src/core/timers.ts";
import type { Scope } from "./ports.ts";

/** Held commands that are run in one turn of the event loop, of all connections together: about a millisecond. */
const turnsMax = 32;

/**
 * Gives connections their turns to run held commands, one command a turn, first come, first served: the backlog of one
 * connection holds up neither the others nor the event loop.
 */
export class Backlog {
  readonly #timers: Pick<Timers, "setImmediate">;
  readonly #waiting: Scope[] = [];
  #left = turnsMax;
  #isScheduled = false;

  constructor(timers: Pick<Timers, "setImmediate">) {
    this.#timers = timers;
  }

  /** Sends the connection `turn.came`, now or in a later turn of the event loop. Asking twice is asking once. */
  ask(scope: Scope): void {
    if (scope.connection.isTurnDue) return;
    scope.connection.isTurnDue = true;
    if (this.#left > 0 && this.#waiting.length === 0) this.#give(scope);
    else this.#waiting.push(scope);
    this.#schedule();
  }

  #give({ connection, self }: Scope): void {
    this.#left -= 1;
    connection.isTurnDue = false;
    if (connection.socket.isOpen()) self.send({ type: "turn.came" });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#timers.setImmediate(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#isScheduled = false;
    this.#left = turnsMax;
    while (this.#left > 0) {
      const scope = this.#waiting.shift();
      if (!scope) return;
      this.#give(scope);
    }
    this.#schedule();
  }
}
