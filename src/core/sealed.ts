import { type Payload, payloadSize } from "./payload.ts";

/** The method that Bun and Node call when they print an object. */
const inspect: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;

/**
 * A value that only `read` gives out: JSON, the console and XState's inspection show a label in its place. For what a
 * client sends and no log may contain.
 */
export abstract class Sealed<Value> {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  read(): Value {
    return this.#value;
  }

  protected abstract label(value: Value): string;

  toJSON(): string {
    return this.label(this.#value);
  }

  [inspect](): string {
    return this.label(this.#value);
  }
}

/** A token as it was sent, not yet verified: never empty, where none was sent there is null instead. Shown as `[token]`. */
export class Token extends Sealed<string> {
  protected label(): string {
    return "[token]";
  }
}

/** What a client sends as `data`. Shown as `[payload 64 B]`. */
export class SealedPayload extends Sealed<Payload> {
  protected label(payload: Payload): string {
    return `[payload ${payloadSize(payload)} B]`;
  }
}

/** Header fields of a connect command, by name. Shown as `[headers 2]`. */
export class SealedHeaders extends Sealed<Readonly<Record<string, string>>> {
  protected label(headers: Readonly<Record<string, string>>): string {
    return `[headers ${Object.keys(headers).length}]`;
  }
}
