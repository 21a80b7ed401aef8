import { hostname } from "node:os";
import { createApi } from "../api/endpoint.ts";
import { createKeys, type KeyOptions, type Keys } from "../api/keys.ts";
import type { Config } from "../config/config.ts";
import { nearestName } from "../config/nearest.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Slices } from "../core/slices.ts";
import type { Timers } from "../core/timers.ts";
import type { Endpoint } from "../http/routes.ts";
import { type Counters, countIn } from "../metrics/counters.ts";
import type { Operations } from "../operations/operations.ts";

/** What the API is built from. */
export interface ApiParts {
  readonly operations: Operations;
  readonly keys: Keys;
  readonly slices: Slices;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly counters: Counters;
  isDraining(): boolean;
}

/** The API's endpoint; null where no key is configured, and the API is as if it were not there. */
export function createConfiguredApi(config: Config, parts: ApiParts): Endpoint | null {
  const { http_api: api } = config;
  const { counters, log } = parts;
  if (!hasApi(config)) return null;
  return createApi({
    ...parts,
    nearestName,
    onUnknownFields: (found) => {
      countIn(counters.apiUnknownFields, found.method);
      log.debug("api.unknown_fields", found);
    },
    broadcastMax: api.broadcast_limit,
    commandsMax: api.broadcast_limit,
    bodyMax: api.body_size_limit,
    answerMax: api.response_size_limit,
    rateLimit: api.rate_limit,
    transportErrors: api.error_mode === "transport",
    prefix: api.handler_prefix,
  });
}

/** The keys of a configuration. */
export function createConfiguredKeys({ http_api: api }: Config): Keys {
  return createKeys(keysOf(api), { queryKey: api.query_key, insecure: api.insecure });
}

/** Whether the API is there: it has a key, or needs none. */
export function hasApi({ http_api: api }: Config): boolean {
  return !api.disabled && (keysOf(api).length > 0 || api.insecure);
}

/** The node's own name, or one as Centrifugo makes it. */
export function nodeName({ node, http_server }: Config): string {
  return node.name === "" ? `${hostname()}_${http_server.port}` : node.name;
}

function keysOf({ key, keys }: Config["http_api"]): KeyOptions[] {
  const named = keys.map((each) => ({ ...each }));
  return key === "" ? named : [{ name: "default", key, methods: [], channels: [] }, ...named];
}
