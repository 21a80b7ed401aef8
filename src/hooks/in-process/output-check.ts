import type { StandardSchemaV1 as Schema } from "@standard-schema/spec";
import { check } from "../../contract/check.ts";
import { type MaybePromise, then } from "../../core/maybe-promise.ts";

/**
 * Holds what leaves the server against the contract. Strict, in development and in tests: what a schema refuses is a
 * fault of the application. Otherwise it is counted, and goes out.
 */
export class OutputCheck {
  readonly #isStrict: boolean;
  /** Values that a schema refused, where that is no fault. */
  refused = 0;

  constructor(isStrict: boolean) {
    this.#isStrict = isStrict;
  }

  /** Throws, or rejects, with a TypeError that names the place in the value and never the value. */
  check(schema: Schema, value: unknown, what: string): MaybePromise<void> {
    return then(check(schema, value), (checked) => {
      if (checked.ok) return;
      if (this.#isStrict) throw new TypeError(`${what}: the contract's schema refuses it at "${checked.path}"`);
      this.refused += 1;
    });
  }
}
