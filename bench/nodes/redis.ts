import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Redis of its own for the rows of one server, on a port that was free. */
export class BenchRedis {
  readonly port: number;
  readonly #folder: string;
  readonly #child: Bun.Subprocess;

  constructor() {
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    this.port = listener.port;
    listener.stop(true);
    this.#folder = mkdtempSync(join(tmpdir(), "chorus-bench-redis-"));
    const args = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.#folder, "--save", ""];
    this.#child = Bun.spawn(["redis-server", ...args], { stdio: ["ignore", "ignore", "ignore"] });
  }

  /** Resolves when it answers. */
  async ready(): Promise<void> {
    while (this.command("PING") !== "PONG") await Bun.sleep(20);
  }

  command(...words: readonly string[]): string {
    return Bun.spawnSync(["redis-cli", "-p", String(this.port), ...words])
      .stdout.toString()
      .trim();
  }

  /** A number that INFO tells. */
  info(name: string): number {
    return Number(new RegExp(`^${name}:(\\d+)`, "m").exec(this.command("INFO", "stats"))?.[1] ?? Number.NaN);
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
