import type { Statements } from "./statements.ts";

/** The number of messages in a file, counted once for its statements and kept from then on. */
export class MessageCount {
  #counted: { readonly of: Statements; count: number } | null = null;

  /** A transaction was rolled back: counts again. */
  reset(): void {
    this.#counted = null;
  }

  added(statements: Statements): void {
    this.removed(statements, -1);
  }

  removed(statements: Statements, count: number): void {
    if (this.#counted?.of === statements) this.#counted.count -= count;
  }

  read(statements: Statements): number {
    if (this.#counted?.of !== statements) {
      this.#counted = { of: statements, count: statements.messageCount.get()?.n ?? 0 };
    }
    return this.#counted.count;
  }
}
