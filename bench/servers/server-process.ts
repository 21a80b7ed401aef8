import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

/** How often a log is looked at for the line that is due, in milliseconds. */
const lookMs = 20;

type Child = Subprocess<"pipe", "pipe", Bun.BunFile>;

/**
 * One server under test, in a process of its own. Its stderr is a file: a pipe would wake us for every line that it
 * logs, on one of the two cores that are measured.
 */
export class ServerProcess {
  readonly port: number;
  readonly #child: Child;
  readonly #output: Output;
  readonly #cleanUp: () => void;

  private constructor(child: Child, output: Output, port: number, cleanUp: () => void) {
    this.#child = child;
    this.#output = output;
    this.#cleanUp = cleanUp;
    this.port = port;
  }

  /** Starts the process and waits until it listens. */
  static async start(command: Command): Promise<ServerProcess> {
    const folder = mkdtempSync(join(tmpdir(), "chorus-bench-log-"));
    const log = join(folder, "stderr.log");
    writeFileSync(log, "");
    const cleanUp = () => {
      rmSync(folder, { recursive: true, force: true });
      command.cleanUp?.();
    };
    const child: Child = Bun.spawn([...command.argv], {
      stdio: ["pipe", "pipe", Bun.file(log)],
      env: { ...Bun.env, NODE_ENV: "production", ...command.env },
    });
    const output = new Output(child.stdout, log);
    const ready = await output.first(command.ready, child);
    if (!ready) {
      child.kill("SIGKILL");
      const said = output.tail;
      cleanUp();
      throw new Error(`${command.argv.join(" ")} did not begin to listen:\n${said}`);
    }
    return new ServerProcess(child, output, command.port ?? Number(ready[1]), cleanUp);
  }

  get pid(): number {
    return this.#child.pid;
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
    const answer = this.#output.next(new RegExp(`^${question} (.*)$`));
    this.#child.stdin.write(`${question}\n`);
    void this.#child.stdin.flush();
    return (await answer)[1] ?? "";
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    this.#cleanUp();
  }
}

/** What a process writes: stdout line by line, stderr when somebody asks. */
class Output {
  readonly #log: string;
  #said = "";
  #wanted: { pattern: RegExp; found: (match: RegExpExecArray) => void }[] = [];

  constructor(stdout: ReadableStream<Uint8Array>, log: string) {
    this.#log = log;
    void this.#read(stdout);
  }

  get tail(): string {
    return (this.#said + readFileSync(this.#log, "utf8")).slice(-tailMax);
  }

  /** The next line of stdout of that pattern. */
  next(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((found) => this.#wanted.push({ pattern, found }));
  }

  /** The first line of that pattern, in either; null where the process ends or takes too long. */
  async first(pattern: RegExp, child: Child): Promise<RegExpExecArray | null> {
    let match: RegExpExecArray | null = null;
    void this.next(pattern).then((found) => {
      match = found;
    });
    const multiline = new RegExp(pattern.source, "m");
    for (let waited = 0; waited < startMsMax && child.exitCode === null; waited += lookMs) {
      match ??= multiline.exec(readFileSync(this.#log, "utf8"));
      if (match) return match;
      await Bun.sleep(lookMs);
    }
    return null;
  }

  async #read(stdout: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let line = "";
    for await (const chunk of stdout) {
      const text = decoder.decode(chunk, { stream: true });
      this.#said = (this.#said + text).slice(-tailMax);
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
