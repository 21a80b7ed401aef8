import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A NATS with JetStream of its own, on a port that was free. */
export class BenchNats {
  readonly port: number;
  readonly #folder: string;
  readonly #child: Bun.Subprocess;

  constructor() {
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    this.port = listener.port;
    listener.stop(true);
    this.#folder = mkdtempSync(join(tmpdir(), "chorus-bench-nats-"));
    const args = ["-a", "127.0.0.1", "-p", String(this.port), "-js", "-sd", this.#folder];
    this.#child = Bun.spawn(["nats-server", ...args], { stdio: ["ignore", "ignore", "ignore"] });
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
