import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findCentrifugo, freePort } from "../servers/centrifugo.ts";
import { freeClient, openChannels } from "../servers/options.ts";
import { type Command, ServerProcess } from "../servers/server-process.ts";

const root = join(import.meta.dir, "../..");

/** The key of the API in these rows. */
export const apiKey = "bench";

/** A server of which several share a Redis; `redis` null: one that is alone, with its history in memory. */
export interface NodeKind {
  readonly name: string;
  start(redis: number | null): Promise<ServerProcess>;
}

const history = { history_size: 200, history_ttl: "300s", force_recovery: true };

const channel = { without_namespace: { ...openChannels, ...history } };

export const chorus: NodeKind = {
  name: "Chorus",
  start: (redis) =>
    startChorus({
      engine: redis === null ? { type: "memory" } : { type: "redis", redis: redisOf(redis, "chorus") },
      channel,
    }),
};

/** A node of Chorus on the NATS at this port, with history where there is JetStream. */
export function startOnNats(port: number, hasJetStream: boolean): Promise<ServerProcess> {
  const nats = { url: `nats://127.0.0.1:${port}`, jetstream: { enabled: hasJetStream } };
  return startChorus({
    broker: { enabled: true, type: "nats", nats },
    channel: hasJetStream ? channel : { without_namespace: openChannels },
  });
}

function startChorus(shared: object): Promise<ServerProcess> {
  return started(
    (file) => ({
      argv: ["bun", "run", join(root, "src/main.ts"), "--config", file, "--port", "0"],
      ready: /^(?=.*"server\.started").*"url":"http:\/\/127\.0\.0\.1:(\d+)"/,
    }),
    {
      ...shared,
      http_server: { address: "127.0.0.1", port: 0 },
      client: freeClient,
      http_api: { key: apiKey },
      push_log: { enabled: false },
      log: { level: "info", format: "json" },
    },
  );
}

/** Centrifugo, where it is on the PATH. */
export function centrifugo(): NodeKind | null {
  const binary = findCentrifugo();
  if (binary === null) return null;
  const start = async (redis: number | null) => {
    const port = await freePort();
    return started((file) => ({ argv: [binary, "-c", file], ready: /serving websocket/, port }), {
      http_server: { address: "127.0.0.1", port: String(port) },
      client: { allow_anonymous_connect_without_token: true, ping_interval: "1h", pong_timeout: "59m" },
      engine: redis === null ? { type: "memory" } : { type: "redis", redis: redisOf(redis, "centrifugo") },
      channel,
      http_api: { key: apiKey },
      usage_stats: { disabled: true },
      log: { level: "info" },
    });
  };
  return { name: "Centrifugo", start };
}

function redisOf(port: number, prefix: string) {
  return { address: [`redis://127.0.0.1:${port}`], prefix };
}

function started(command: (file: string) => Command, config: object): Promise<ServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), "chorus-bench-node-"));
  const file = join(folder, "config.json");
  writeFileSync(file, JSON.stringify(config));
  const env = { CENTRIFUGO_USAGE_STATS_DISABLED: "true" };
  return ServerProcess.start({
    ...command(file),
    env,
    cleanUp: () => rmSync(folder, { recursive: true, force: true }),
  });
}
