import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { JetStreamOptions, NatsOptions } from "../../src/broker/nats/options.ts";
import { TemporaryFolder } from "./folder.ts";
import { patience } from "./patience.ts";
import { freePort } from "./redis.ts";

const stream: JetStreamOptions = { stream: "chorus", replicas: 1, storage: "file" };

/** What an engine is told to find servers at a port. */
export function natsOptions(port: number, more: Partial<NatsOptions> = {}): NatsOptions {
  return {
    servers: [`127.0.0.1:${port}`],
    user: "",
    password: "",
    token: "",
    prefix: "chorus",
    connectTimeout: 1_000,
    ioTimeout: 1_000,
    tls: null,
    jetstream: stream,
    ...more,
  };
}

/** A real NATS server with JetStream on the loopback, with a folder of its own. */
export class TestNats implements AsyncDisposable {
  readonly port: number;
  readonly #folder: TemporaryFolder;
  readonly #args: readonly string[];
  #process: Bun.Subprocess;

  private constructor(folder: TemporaryFolder, port: number, args: readonly string[]) {
    this.port = port;
    this.#folder = folder;
    this.#args = args;
    this.#process = this.#spawn();
  }

  /** Starts a server with JetStream; `args` are options of its command line. */
  static start(args: readonly string[] = []): Promise<TestNats> {
    return TestNats.#start([...args, "-js"]);
  }

  /** Starts a server that keeps nothing. */
  static startCore(): Promise<TestNats> {
    return TestNats.#start([]);
  }

  static async #start(args: readonly string[]): Promise<TestNats> {
    const nats = new TestNats(await TemporaryFolder.create(), freePort(), args);
    await nats.#ready();
    return nats;
  }

  /** What an engine is told to find it, or what stands in front of it. */
  options(port = this.port, more: Partial<NatsOptions> = {}): NatsOptions {
    return natsOptions(port, more);
  }

  /** What it is called in its cluster. */
  get name(): string {
    return this.#args[this.#args.indexOf("-n") + 1] ?? "";
  }

  kill(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" = "SIGKILL"): void {
    this.#process.kill(signal);
  }

  /** Kills it, keeps what it had for `restart`, and starts it anew. */
  async save(): Promise<void> {
    await this.#stopped();
    cpSync(this.#data, this.#kept, { recursive: true });
    await this.#started();
  }

  /** Kills it, and starts it anew: with what `save` kept, with what it has, or empty. */
  async restart(from: "empty" | "kept" | "its own"): Promise<void> {
    await this.#stopped();
    if (from !== "its own") rmSync(this.#data, { recursive: true, force: true });
    if (from === "kept") cpSync(this.#kept, this.#data, { recursive: true });
    await this.#started();
  }

  get #data(): string {
    return join(this.#folder.path, "data");
  }

  get #kept(): string {
    return join(this.#folder.path, "kept");
  }

  async #stopped(): Promise<void> {
    this.kill();
    await this.#process.exited;
  }

  async #started(): Promise<void> {
    this.#process = this.#spawn();
    await this.#ready();
  }

  #spawn(): Bun.Subprocess {
    const own = ["-a", "127.0.0.1", "-p", String(this.port), "-sd", this.#data];
    return Bun.spawn(["nats-server", ...own, ...this.#args], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  }

  /** It listens, and has read what is in its folder. */
  async #ready(): Promise<void> {
    const deadline = performance.now() + patience;
    while (!(await isListening(this.port))) {
      if (this.#process.exitCode !== null || performance.now() > deadline)
        throw new Error("nats-server does not start.");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stopped();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Three servers with JetStream that are one cluster. */
export class TestNatsCluster implements AsyncDisposable {
  readonly servers: readonly TestNats[];

  private constructor(servers: readonly TestNats[]) {
    this.servers = servers;
  }

  static async start(): Promise<TestNatsCluster> {
    const ports = Array.from({ length: 3 }, freePort);
    const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join(",");
    const argsOf = (port: number) => {
      return [
        "-n",
        String(port),
        "--cluster_name",
        "chorus",
        "--cluster",
        `nats://127.0.0.1:${port}`,
        "--routes",
        routes,
      ];
    };
    return new TestNatsCluster(await Promise.all(ports.map((port) => TestNats.start(argsOf(port)))));
  }

  /** Options of an engine. */
  options(more: Partial<NatsOptions> = {}): NatsOptions {
    const servers = this.servers.map(({ port }) => `127.0.0.1:${port}`);
    return natsOptions(0, { servers, jetstream: { ...stream, replicas: 3 }, ...more });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server[Symbol.asyncDispose]()));
  }
}

/** Whether something greets as NATS does; a server listens once its streams are open. */
async function isListening(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: { data: (_, bytes) => resolve(bytes.includes("INFO")), close: () => resolve(false) },
  }).catch(() => null);
  if (socket === null) {
    await new Promise(setImmediate);
    return false;
  }
  const isThere = await promise;
  socket.end();
  return isThere;
}
