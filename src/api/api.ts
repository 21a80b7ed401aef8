import { hostname } from "node:os";
import type { Config } from "../config/config.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Random } from "../core/random.ts";
import type { Timers } from "../core/timers.ts";
import type { Endpoint } from "../http/routes.ts";
import type { PublishLog } from "../messages/publish-log.ts";
import type { Counters } from "../metrics/counters.ts";
import type { Operations } from "../operations/operations.ts";
import { createApi } from "./endpoint.ts";
import { createKeys, type KeyOptions } from "./keys.ts";
import { createMethods } from "./methods.ts";
import { createRecorder } from "./recorder.ts";

/** What the API is built from. */
export interface ApiParts {
  readonly operations: Operations;
  readonly messages: { readonly log: PublishLog | null };
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  readonly log: Log;
  readonly counters: Counters;
  readonly version: string;
  isDraining(): boolean;
}

/** Milliseconds that a body may take to arrive: a megabyte at a slow line's pace. */
const bodyTimeout = 10_000;

/** The API's endpoint; null where no key is configured, and the API is as if it were not there. */
export function createConfiguredApi(config: Config, parts: ApiParts): Endpoint | null {
  const { http_api: api } = config;
  if (!hasApi(config)) return null;
  const keys = keysOf(api);
  const { operations } = parts;
  const wall = () => parts.clock.wall();
  const publishLog = parts.messages.log;
  const record = createRecorder({ publishLog, payloads: config.push_log.payloads, operations, wall });
  return createApi({
    record,
    methods: createMethods({
      operations,
      wall,
      broadcastMax: api.broadcast_limit,
      publishLog,
      record,
      info: createInfo(nodeName(config), parts),
    }),
    keys: createKeys(keys, { queryKey: api.query_key, insecure: api.insecure }),
    clock: parts.clock,
    timers: parts.timers,
    log: parts.log,
    counters: parts.counters,
    bodyTimeout,
    bodyMax: api.body_size_limit,
    commandsMax: api.broadcast_limit,
    rateLimit: api.rate_limit,
    transportErrors: api.error_mode === "transport",
    prefix: api.handler_prefix,
    isDraining: parts.isDraining,
  });
}

/** Whether the API is there: somebody may call it. */
export function hasApi({ http_api: api }: Config): boolean {
  return !api.disabled && (keysOf(api).length > 0 || api.insecure);
}

function keysOf({ key, keys }: Config["http_api"]): KeyOptions[] {
  const named = keys.map((each) => ({ ...each }));
  return key === "" ? named : [{ name: "default", key, methods: [], channels: [] }, ...named];
}

/** Its own name, or as Centrifugo makes one. */
function nodeName({ node, http_server }: Config): string {
  return node.name === "" ? `${hostname()}_${http_server.port}` : node.name;
}

/** Raw JSON of this node, as the method `info` tells of it. */
function createInfo(name: string, { operations, clock, random, version }: ApiParts): () => string {
  const uid = random.uuid();
  const startedAt = clock.monotonic();
  const load = createLoad(clock);
  return () => {
    const { clients, users, subscriptions, channels } = operations.counts();
    return JSON.stringify({
      uid,
      name,
      version,
      num_clients: clients,
      num_users: users,
      num_subs: subscriptions,
      num_channels: channels,
      uptime: Math.floor((clock.monotonic() - startedAt) / 1000),
      process: { cpu: load(), rss: process.memoryUsage.rss() },
    });
  };
}

/** Percent of one core that the process has used since it was last asked. */
function createLoad(clock: Clock): () => number {
  let usage = process.cpuUsage();
  let askedAt = clock.monotonic();
  return () => {
    const now = clock.monotonic();
    const spent = process.cpuUsage(usage);
    const passed = Math.max(1, now - askedAt);
    usage = process.cpuUsage();
    askedAt = now;
    return Math.round(((spent.user + spent.system) / 1000 / passed) * 1000) / 10;
  };
}
