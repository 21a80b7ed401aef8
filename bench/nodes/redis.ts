import { OwnServer } from "./own-server.ts";

/** A Redis that keeps nothing. */
export class BenchRedis extends OwnServer {
  constructor() {
    super((port, folder) => ["redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", ""]);
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
}
