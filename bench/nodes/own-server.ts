import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A server of others for the rows of one pair of nodes, on a port that was free, with a folder of its own. */
export class OwnServer {
  readonly port: number;
  readonly #folder: string;
  readonly #child: Bun.Subprocess;

  constructor(command: (port: string, folder: string) => readonly string[]) {
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    this.port = listener.port;
    listener.stop(true);
    this.#folder = mkdtempSync(join(tmpdir(), "chorus-bench-server-"));
    this.#child = Bun.spawn([...command(String(this.port), this.#folder)], { stdio: ["ignore", "ignore", "ignore"] });
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
