import { tableLines } from "./table.ts";

/** What a person watches while the benches run. Results go to stdout; what passes by goes to a terminal alone. */
export class Terminal {
  #failures = 0;
  readonly #said = new Set<string>();
  readonly #began = performance.now();

  /** How many things went wrong: the exit code. */
  get failures(): number {
    return this.#failures;
  }

  title(text: string): void {
    this.#clear();
    console.log(`\n${text}\n${"=".repeat(text.length)}`);
  }

  /** A line that is said once, however often there is a reason to. */
  once(text: string): void {
    if (this.#said.has(text)) return;
    this.#said.add(text);
    this.line(text);
  }

  line(text: string): void {
    this.#clear();
    console.log(text);
  }

  table(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
    this.#clear();
    console.log(`\n${caption}`);
    for (const line of tableLines(head, rows)) console.log(`  ${line}`);
  }

  /** Something that was promised did not hold: loud, and remembered. */
  fail(text: string): void {
    this.#failures += 1;
    this.#clear();
    console.log(`\x1b[31mFAILED\x1b[0m ${text}`);
  }

  /** What is being done right now; the next line takes its place. */
  progress(text: string): void {
    if (!process.stderr.isTTY) return;
    const seconds = Math.round((performance.now() - this.#began) / 1000);
    process.stderr.write(`\r\x1b[2K\x1b[90m${seconds} s  ${text}\x1b[0m`);
  }

  #clear(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[2K");
  }
}
