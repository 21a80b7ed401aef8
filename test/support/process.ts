import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Inbox } from "./inbox.ts";
import { type LogLine, LogLines } from "./log-lines.ts";
import { patience } from "./patience.ts";

const repository = join(import.meta.dir, "..", "..");

/** How a server is started as a person starts it. */
export interface ProcessOptions {
  /** What `config.json` in its working directory holds; text is written as it is, and without it there is no file. */
  readonly config?: object | string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** How many files it may open, where not as many as we. */
  readonly openFiles?: number;
  /** A file that stderr goes to instead of `log`; how many bytes it may have, where that is limited. */
  readonly stderr?: { readonly path: string; readonly bytesMax?: number };
  /** Another program of the repository than `src/main.ts`. */
  readonly program?: string;
  /** A binary in the place of Bun and the program. */
  readonly binary?: string;
}

/** What a process has left behind when it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  /** Every line of stderr. */
  readonly stderr: readonly string[];
}

/** A server in a process and a working directory of its own. */
export class ChorusProcess implements AsyncDisposable {
  /** The lines of stderr that are JSON. */
  readonly log = new LogLines();
  readonly #folder: string;
  readonly #options: ProcessOptions;
  readonly #process: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #stderr: string[] = [];
  readonly #unread = new Inbox<string>("stderr of the process", (line) => line);
  readonly #outcome: Promise<Outcome>;

  private constructor(folder: string, options: ProcessOptions) {
    const { args = [], env = {}, openFiles, stderr, program = "src/main.ts", binary } = options;
    this.#folder = folder;
    this.#options = options;
    const command = [...(binary === undefined ? ["bun", "run", join(repository, program)] : [binary]), ...args];
    const limits = [
      openFiles === undefined ? "" : `ulimit -n ${openFiles};`,
      stderr?.bytesMax === undefined ? "" : `ulimit -S -f ${Math.ceil(stderr.bytesMax / 512)};`,
    ].join(" ");
    const redirection = stderr === undefined ? "" : `2>>"${stderr.path}"`;
    this.#process = Bun.spawn(["sh", "-c", `${limits} exec "$@" ${redirection}`, "sh", ...command], {
      cwd: folder,
      env: { PATH: process.env["PATH"] ?? "", HOME: folder, ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#outcome = this.#follow();
  }

  /** Spawns it, and waits for nothing. */
  static async spawn(options: ProcessOptions = {}): Promise<ChorusProcess> {
    const folder = await mkdtemp(join(tmpdir(), "chorus-process-"));
    const { config } = options;
    if (config !== undefined) {
      await Bun.write(join(folder, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
    }
    return new ChorusProcess(folder, options);
  }

  /** Starts it once more, where it has ended, in the same folder. */
  again(): ChorusProcess {
    return new ChorusProcess(this.#folder, this.#options);
  }

  /** Spawns it and waits until it ends, for one that is not to run. */
  static async run(options: ProcessOptions = {}): Promise<Outcome> {
    await using server = await ChorusProcess.spawn(options);
    return await server.ended();
  }

  /** Where it listens: the line of the log that says so. */
  async url(): Promise<string> {
    const started = await this.log.next("server.started");
    return String(started["url"]);
  }

  /** The next line of stderr, whatever it is. */
  nextLine(): Promise<string> {
    return this.#unread.next();
  }

  /** The first line of stderr, parsed. */
  get firstLine(): LogLine | undefined {
    return this.#stderr[0] === undefined ? undefined : JSON.parse(this.#stderr[0]);
  }

  /** The id of the process. */
  get pid(): number {
    return this.#process.pid;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Writes its configuration file anew. */
  async configure(config: object | string): Promise<void> {
    const text = typeof config === "string" ? config : JSON.stringify(config);
    await Bun.write(join(this.#folder, "config.json"), text);
  }

  /** Whether there is a file of this name in its working directory. */
  exists(name: string): Promise<boolean> {
    return Bun.file(join(this.#folder, name)).exists();
  }

  /** Whether it runs, still. */
  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Waits until it has ended; fails after `patience`, with what it has written. */
  async ended(): Promise<Outcome> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`The process still runs after ${patience} ms:\n${this.#stderr.slice(-15).join("\n")}`)),
      patience,
    );
    try {
      return await Promise.race([this.#outcome, promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #follow(): Promise<Outcome> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.#process.stderr) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        this.#stderr.push(line);
        this.#unread.push(line);
        if (line.startsWith("{")) this.log.add(line);
      }
    }
    if (rest !== "") this.#stderr.push(rest);
    const stdout = await new Response(this.#process.stdout).text();
    return { code: await this.#process.exited, stdout, stderr: this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
    await rm(this.#folder, { recursive: true });
  }
}
