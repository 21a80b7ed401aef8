import type { Subprocess } from "bun";
import { cpuOf, rssOf } from "../measure/process.ts";

/** How a server is started. */
export interface Command {
  readonly argv: readonly string[];
  /** The line that says that it listens; its first group is the port. */
  readonly ready: RegExp;
  /** The port, where the line cannot name it. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs after the process has ended. */
  readonly cleanUp?: () => void;
}

/** A server that does not say within this many milliseconds that it listens has failed. */
const startMsMax = 30_000;

/** Characters of the output that are kept, to show when the server fails. */
const tailMax = 4_000;

/** One server under test, in a process of its own. */
export class ServerProcess {
  readonly port: number;
  readonly #process: Subprocess<"pipe", "pipe", "pipe">;
  readonly #output: Output;
  readonly #cleanUp: () => void;

  private constructor(process: Subprocess<"pipe", "pipe", "pipe">, output: Output, command: Command, port: number) {
    this.#process = process;
    this.#output = output;
    this.#cleanUp = command.cleanUp ?? (() => {});
    this.port = port;
  }

  /** Starts the process and waits until it listens. */
  static async start(command: Command): Promise<ServerProcess> {
    const process = Bun.spawn([...command.argv], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...Bun.env, NODE_ENV: "production", ...command.env },
    });
    const output = new Output(command.ready);
    void output.read(process.stdout);
    void output.read(process.stderr);
    const late = setTimeout(() => process.kill("SIGKILL"), startMsMax);
    const ready = await Promise.race([output.ready, process.exited]);
    clearTimeout(late);
    if (typeof ready === "number") {
      throw new Error(`${command.argv.join(" ")} ended with ${ready} before it listened:\n${output.tail}`);
    }
    return new ServerProcess(process, output, command, command.port ?? Number(ready[1]));
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Bytes resident. */
  rss(): number {
    return rssOf(this.pid);
  }

  /** Milliseconds of CPU used so far. */
  cpu(): number {
    return cpuOf(this.pid);
  }

  /** The end of what it wrote. */
  get tail(): string {
    return this.#output.tail;
  }

  /** Asks a bench server a question over its standard input; the answer is the next line with that word. */
  async ask(question: string): Promise<string> {
    const answer = this.#output.next(new RegExp(`^${question} (.*)$`, "m"));
    this.#process.stdin.write(`${question}\n`);
    void this.#process.stdin.flush();
    return (await answer)[1] ?? "";
  }

  async stop(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
    this.#cleanUp();
  }
}

/** What a process writes: read to the end, so that it never waits for us, and searched for the lines that are due. */
class Output {
  tail = "";
  readonly ready: Promise<RegExpExecArray>;
  #wanted: { pattern: RegExp; found: (match: RegExpExecArray) => void }[] = [];

  constructor(ready: RegExp) {
    this.ready = this.next(ready);
  }

  next(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((found) => this.#wanted.push({ pattern, found }));
  }

  async read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let line = "";
    for await (const chunk of stream) {
      const text = decoder.decode(chunk, { stream: true });
      this.tail = (this.tail + text).slice(-tailMax);
      const lines = (line + text).split("\n");
      line = lines.pop() ?? "";
      for (const whole of lines) this.#look(whole);
    }
  }

  #look(line: string): void {
    this.#wanted = this.#wanted.filter(({ pattern, found }) => {
      const match = pattern.exec(line);
      if (match) found(match);
      return match === null;
    });
  }
}
