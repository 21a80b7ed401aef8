import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freeClient, openChannels } from "./options.ts";
import type { Command } from "./server-process.ts";

const root = join(import.meta.dir, "../..");

/** The key of the HTTP API in the benches. */
export const apiKey = "bench";

/** What tokens of the benches are signed with. */
export const tokenSecret = "bench-secret";

const history = { history_size: 200, history_ttl: "300s", history_meta_ttl: "720h" };

const recovery = {
  ...history,
  force_recovery: true,
  allow_history_for_client: true,
  allow_history_for_anonymous: true,
};

/**
 * The configuration that the benches run Chorus with: limits of rate and pings off, one namespace per store. Everything
 * else has its default.
 */
function benchConfig(folder: string) {
  return {
    http_server: { address: "127.0.0.1", port: 0 },
    client: freeClient,
    plain: { ping_interval: "1h" },
    sse: { enabled: true },
    engine: { sqlite: { path: join(folder, "chorus.db") } },
    channel: {
      without_namespace: openChannels,
      namespaces: [
        { name: "memory", engine: "memory", ...openChannels, ...history },
        { name: "sqlite", engine: "sqlite", ...openChannels, ...history },
        { name: "recovery", engine: "memory", ...openChannels, ...recovery },
        { name: "presence", presence: true, ...openChannels },
        { name: "tagged", allow_tags_filter: true, ...openChannels },
        {
          name: "delta",
          engine: "memory",
          ...openChannels,
          ...recovery,
          allowed_delta_types: ["fossil"],
          delta_publish: true,
        },
      ],
    },
    http_api: { key: apiKey },
    push_log: { path: join(folder, "push.db") },
    log: { level: "info", format: "json" },
  } as const;
}

/** The same with the limits that a person gets who configures none: what stands between abuse and the others. */
function guardedConfig(folder: string) {
  const config = benchConfig(folder);
  const token = { hmac_secret_key: tokenSecret };
  return { ...config, client: { allow_anonymous_connect_without_token: true, token }, plain: {} };
}

const ready = /^(?=.*"server\.started").*"url":"http:\/\/127\.0\.0\.1:(\d+)"/;

/** Chorus as people start it: `bun run src/main.ts --config FILE`. `config`: a file of one's own instead. */
export function chorusCommand(options: { config?: string; guarded?: boolean; processes?: number } = {}): Command {
  const { processes = 1 } = options;
  const { file, cleanUp } = writeConfig((folder) => ({
    ...(options.guarded ? guardedConfig(folder) : benchConfig(folder)),
    node: { processes },
  }));
  const argv = ["bun", "run", join(root, "src/main.ts"), "--config", options.config ?? file, "--port", "0"];
  return { argv, ready, cleanUp };
}

/** Chorus inside a process that answers questions about its heap and its maps. */
export function probedChorusCommand(): Command {
  const { file, cleanUp } = writeConfig(benchConfig);
  return { argv: ["bun", join(root, "bench/servers/probed-chorus.ts"), file], ready: /^listening (\d+)$/, cleanUp };
}

function writeConfig(config: (folder: string) => object) {
  const folder = mkdtempSync(join(tmpdir(), "chorus-bench-"));
  const file = join(folder, "config.json");
  writeFileSync(file, JSON.stringify(config(folder)));
  return { file, cleanUp: () => rmSync(folder, { recursive: true, force: true }) };
}
