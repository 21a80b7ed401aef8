import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiKey } from "./chorus.ts";
import type { Command } from "./server-process.ts";

/** Centrifugo's binary, or null where it is not on the PATH. */
export function findCentrifugo(): string | null {
  return Bun.which("centrifugo");
}

/**
 * What a Centrifugo 6.9 did on another two-core machine, printed where its binary is absent: figures measured
 * elsewhere, which enter no ratio. Thousands of deliveries a second, with the bare Bun of that machine beside them.
 */
export const centrifugoElsewhere = [
  "Centrifugo is not on the PATH. Measured elsewhere (6.9, two cores), in thousands of deliveries a second:",
  "  one at a time to 1,000: 135-164 (bare Bun there: 217); 50 in flight: 1,050-1,260 (bare Bun there: 2,900-3,600);",
  "  43-54 KB of RSS a connection; 52,000 API publishes a second (bare Bun there: 92,000-110,000).",
] as const;

const open = {
  allow_subscribe_for_client: true,
  allow_subscribe_for_anonymous: true,
  allow_publish_for_client: true,
  allow_publish_for_anonymous: true,
};

/** The same rights and the same silence as Chorus has in the benches. */
export async function centrifugoCommand(binary: string): Promise<Command> {
  const folder = mkdtempSync(join(tmpdir(), "chorus-centrifugo-"));
  const port = await freePort();
  const file = join(folder, "config.json");
  const config = {
    http_server: { address: "127.0.0.1", port: String(port) },
    client: {
      allow_anonymous_connect_without_token: true,
      ping_interval: "1h",
      pong_timeout: "59m",
      allowed_origins: ["*"],
    },
    channel: {
      without_namespace: open,
      namespaces: [
        { name: "presence", presence: true, ...open },
        {
          name: "delta",
          ...open,
          history_size: 200,
          history_ttl: "300s",
          force_recovery: true,
          allowed_delta_types: ["fossil"],
          delta_publish: true,
        },
      ],
    },
    http_api: { key: apiKey },
    usage_stats: { disabled: true },
    log: { level: "info" },
  };
  writeFileSync(file, JSON.stringify(config));
  const cleanUp = () => rmSync(folder, { recursive: true, force: true });
  return { argv: [binary, "-c", file], ready: /serving websocket/, port, cleanUp };
}

/** Centrifugo cannot be given port 0; the ports of the kernel's own range are taken by clients in the meantime. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(freePort()) : reject(error),
    );
    server.listen(10_000 + Math.floor(Math.random() * 20_000), "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
