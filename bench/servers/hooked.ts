import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./centrifugo.ts";
import type { Command } from "./server-process.ts";

const root = join(import.meta.dir, "../..");

/** The hooks that both servers have, of one back end. */
function hooksOf(backend: number) {
  const endpoint = (path: string) => ({ endpoint: `http://127.0.0.1:${backend}/${path}` });
  return {
    connect: { enabled: true, ...endpoint("connect") },
    channel: {
      proxy: { publish: endpoint("publish") },
      without_namespace: { publish_proxy_enabled: true },
    },
    rpc: { proxy: endpoint("rpc"), without_namespace: { proxy_enabled: true } },
  };
}

/** Chorus that asks a back end at a port. */
export function hookedChorus(backend: number): Command {
  const { connect, ...hooks } = hooksOf(backend);
  const client = { message_rate_limit: 0, ping_interval: "1h", proxy: { connect } };
  return written(
    (file) => ({
      argv: ["bun", "run", join(root, "src/main.ts"), "--config", file],
      ready: /^(?=.*"server\.started").*"url":"http:\/\/127\.0\.0\.1:(\d+)"/,
    }),
    {
      http_server: { address: "127.0.0.1", port: 0 },
      client,
      push_log: { enabled: false },
      log: { level: "info", format: "json" },
      ...hooks,
    },
  );
}

/** Centrifugo with the same hooks. */
export async function hookedCentrifugo(binary: string, backend: number): Promise<Command> {
  const port = await freePort();
  const { connect, ...hooks } = hooksOf(backend);
  return written((file) => ({ argv: [binary, "-c", file], ready: /serving websocket/, port }), {
    http_server: { address: "127.0.0.1", port: String(port) },
    client: { ping_interval: "1h", pong_timeout: "59m", allowed_origins: ["*"], proxy: { connect } },
    usage_stats: { disabled: true },
    log: { level: "info" },
    ...hooks,
  });
}

function written(command: (file: string) => Command, config: object): Command {
  const folder = mkdtempSync(join(tmpdir(), "chorus-bench-hooks-"));
  const file = join(folder, "config.json");
  writeFileSync(file, JSON.stringify(config));
  return { ...command(file), cleanUp: () => rmSync(folder, { recursive: true, force: true }) };
}
