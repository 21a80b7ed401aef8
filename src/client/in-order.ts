import type { StandardSchemaV1 as Schema } from "@standard-schema/spec";
import { type Checked, check } from "../contract/check.ts";

/** Hands on values in the order in which they came, although a schema may answer later. */
export class InOrder {
  #last: Promise<void> | null = null;

  /** Validates a value and calls back in its turn; at once where nothing waits. */
  check(schema: Schema, value: unknown, then: (checked: Checked) => void): void {
    const checked = check(schema, value);
    if (this.#last === null && !(checked instanceof Promise)) then(checked);
    else this.#after(Promise.resolve(checked).then((result) => () => then(result)));
  }

  /** Calls back after everything that came before. */
  run(task: () => void): void {
    if (this.#last === null) task();
    else this.#after(Promise.resolve(task));
  }

  #after(turn: Promise<() => void>): void {
    const before = this.#last ?? Promise.resolve();
    const own: Promise<void> = before
      .then(() => turn)
      .then((task) => {
        if (this.#last === own) this.#last = null;
        task();
      });
    this.#last = own;
  }
}
