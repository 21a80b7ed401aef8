import { Inbox } from "../../support/inbox.ts";

/** What a script tells in one line. */
export interface Told {
  readonly what: string;
  readonly value: unknown;
}

/** A stock client of another runtime, in a process of its own: it tells what it did and heard, a line of JSON each. */
export class Script implements AsyncDisposable {
  readonly #told: Inbox<Told>;
  readonly #process: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #listening: Promise<void>;

  constructor(name: string, command: readonly string[]) {
    this.#told = new Inbox<Told>(name, (each) => JSON.stringify(each));
    this.#process = Bun.spawn([...command], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
    this.#listening = this.#listen();
  }

  /** What it tells next, now or when it does. */
  next(): Promise<Told> {
    return this.#told.next();
  }

  /** Lets it go on, where it waits for that. */
  async goOn(): Promise<void> {
    this.#process.stdin.write("\n");
    await this.#process.stdin.flush();
  }

  /** Its exit code, when it is done and all that it told has come. */
  async exited(): Promise<number> {
    await this.#listening;
    return await this.#process.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.exited();
  }

  async #listen(): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of this.#process.stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#told.push(JSON.parse(line));
    }
  }
}
