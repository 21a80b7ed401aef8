import { join } from "node:path";
import { TemporaryFolder } from "./folder.ts";
import { patience } from "./patience.ts";
import { freePort } from "./redis.ts";
import { openAccess, type RedisAccess } from "./redis-access.ts";

/** A real sentinel that watches one master, and promotes its replica a second after the master has gone. */
export class TestSentinel implements AsyncDisposable {
  readonly port: number;
  readonly #folder: TemporaryFolder;
  readonly #access: RedisAccess;
  readonly #process: Bun.Subprocess;

  private constructor(port: number, folder: TemporaryFolder, process: Bun.Subprocess, access: RedisAccess) {
    this.port = port;
    this.#folder = folder;
    this.#process = process;
    this.#access = access;
  }

  /** Starts it; ready when it knows the replica as one that has what the master has. */
  static async start(masterPort: number, access = openAccess, program = "redis-server"): Promise<TestSentinel> {
    const folder = await TemporaryFolder.create();
    const port = freePort();
    const file = join(folder.path, "sentinel.conf");
    const lines = [
      ...access.sentinel(port),
      `dir ${folder.path}`,
      `sentinel monitor mymaster ${access.host} ${masterPort} 1`,
      ...(access === openAccess ? [] : ["sentinel auth-pass mymaster admin"]),
      "sentinel down-after-milliseconds mymaster 1000",
      "sentinel failover-timeout mymaster 5000",
    ];
    await Bun.write(file, `${lines.join("\n")}\n`);
    const child = Bun.spawn([program, file, "--sentinel"], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
    const sentinel = new TestSentinel(port, folder, child, access);
    await sentinel.#until(() => /master-link-status\nok/.test(sentinel.command("SENTINEL", "REPLICAS", "mymaster")));
    return sentinel;
  }

  command(...words: readonly string[]): string {
    return Bun.spawnSync(["redis-cli", "-p", String(this.port), ...this.#access.cli, ...words]).stdout.toString();
  }

  /** Waits until another server is the master. */
  async failedOver(former: number): Promise<void> {
    await this.#until(() => {
      const [, port = String(former)] = this.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster").split("\n");
      return Number(port) !== former;
    });
  }

  async #until(holds: () => boolean): Promise<void> {
    const deadline = performance.now() + patience;
    while (!holds()) {
      if (performance.now() > deadline) throw new Error("The sentinel does not come to this.");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  kill(signal: "SIGKILL" | "SIGSTOP"): void {
    this.#process.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
    await this.#folder[Symbol.asyncDispose]();
  }
}
