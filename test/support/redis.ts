import { cpSync } from "node:fs";
import { join } from "node:path";
import type { RedisOptions } from "../../src/broker/redis/options.ts";
import { TemporaryFolder } from "./folder.ts";
import { patience } from "./patience.ts";

/** A port of the loopback that is free at this moment. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  listener.stop(true);
  return listener.port;
}

interface Started {
  readonly program: string;
  readonly cli: readonly string[];
}

/** A real Redis on the loopback with a folder of its own. */
export class TestRedis implements AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  readonly #folder: TemporaryFolder;
  readonly #args: readonly string[];
  readonly #program: string;
  readonly #cli: readonly string[];
  #process: Bun.Subprocess;

  private constructor(folder: TemporaryFolder, port: number, args: readonly string[], { program, cli }: Started) {
    this.port = port;
    this.#program = program;
    this.#cli = cli;
    this.folder = folder.path;
    this.#folder = folder;
    this.#args = args;
    this.#process = this.#spawn();
  }

  /**
   * Starts a server; `args` are options of its command line, `program` may be that of Valkey, and `cli` are options
   * of redis-cli.
   */
  static async start(
    args: readonly string[] = [],
    port = freePort(),
    program: string = "redis-server",
    cli: readonly string[] = [],
  ): Promise<TestRedis> {
    const redis = new TestRedis(await TemporaryFolder.create(), port, args, { program, cli });
    await redis.#ready();
    return redis;
  }

  /** What a broker is told to find it, or what stands in front of it. */
  options(port = this.port, more: Partial<RedisOptions> = {}): RedisOptions {
    return {
      at: { kind: "server", host: "127.0.0.1", port, path: "" },
      prefix: "chorus",
      user: "",
      password: "",
      db: 0,
      clientName: "",
      connectTimeout: 1_000,
      ioTimeout: 1_000,
      tls: null,
      isResp2: false,
      generation: "replication_id",
      ...more,
    };
  }

  /** What the configuration of a node says of it. `port`: of what stands in front of it. */
  engine(port = this.port) {
    return { engine: { type: "redis", redis: { address: [`redis://127.0.0.1:${port}`], io_timeout: "1s" } } };
  }

  /** Runs a command by redis-cli, and gives what it says. */
  command(...words: readonly string[]): string {
    const { stdout } = Bun.spawnSync(["redis-cli", "-p", String(this.port), ...this.#cli, ...words]);
    return stdout.toString().trim();
  }

  /** It is no replica, or has what its master has. */
  get isInSync(): boolean {
    return !this.command("INFO", "replication").includes("master_link_status:down");
  }

  kill(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" = "SIGKILL"): void {
    this.#process.kill(signal);
  }

  /** Keeps what it has now, for `restart`. */
  save(): void {
    this.command("SAVE");
    cpSync(join(this.folder, "dump.rdb"), join(this.folder, "kept.rdb"));
  }

  /** Kills it, and starts it anew: with what `save` kept, or empty. */
  async restart(from: "empty" | "kept"): Promise<void> {
    this.kill();
    await this.#process.exited;
    const dump = join(this.folder, "dump.rdb");
    if (from === "kept") cpSync(join(this.folder, "kept.rdb"), dump);
    else
      await Bun.file(dump)
        .delete()
        .catch(() => {});
    this.#process = this.#spawn();
    await this.#ready();
  }

  #spawn(): Bun.Subprocess {
    const own = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.folder, "--save", ""];
    // Otherwise a replica is empty for its first five seconds, and is promoted by nobody.
    own.push("--repl-diskless-sync-delay", "0");
    return Bun.spawn([this.#program, ...own, ...this.#args], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  }

  async #ready(): Promise<void> {
    const deadline = performance.now() + patience;
    while (!/^(PONG|NOAUTH)/.test(this.command("PING"))) {
      if (this.#process.exitCode !== null || performance.now() > deadline)
        throw new Error("redis-server does not start.");
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#process.exited;
    await this.#folder[Symbol.asyncDispose]();
  }
}
