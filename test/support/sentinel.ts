import { join } from "node:path";
import { TemporaryFolder } from "./folder.ts";
import { patience } from "./patience.ts";
import { freePort } from "./redis.ts";

/** A real sentinel that watches one master, and promotes its replica a second after the master has gone. */
export class TestSentinel implements AsyncDisposable {
  readonly port: number;
  readonly #folder: TemporaryFolder;
  readonly #process: Bun.Subprocess;

  private constructor(port: number, folder: TemporaryFolder, process: Bun.Subprocess) {
    this.port = port;
    this.#folder = folder;
    this.#process = process;
  }

  /** Starts it; ready when it knows the replica as one that has what the master has. */
  static async start(masterPort: number): Promise<TestSentinel> {
    const folder = await TemporaryFolder.create();
    const port = freePort();
    const file = join(folder.path, "sentinel.conf");
    const lines = [
      `port ${port}`,
      "bind 127.0.0.1",
      `dir ${folder.path}`,
      `sentinel monitor mymaster 127.0.0.1 ${masterPort} 1`,
      "sentinel down-after-milliseconds mymaster 1000",
      "sentinel failover-timeout mymaster 5000",
    ];
    await Bun.write(file, `${lines.join("\n")}\n`);
    const child = Bun.spawn(["redis-sentinel", file], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
    const sentinel = new TestSentinel(port, folder, child);
    await sentinel.#until(() => /master-link-status\nok/.test(sentinel.command("SENTINEL", "REPLICAS", "mymaster")));
    return sentinel;
  }

  command(...words: readonly string[]): string {
    return Bun.spawnSync(["redis-cli", "-p", String(this.port), ...words]).stdout.toString();
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
    await this.#folder[Symbol.asyncDispose]();
  }
}
