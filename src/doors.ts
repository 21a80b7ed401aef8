import type { Member } from "../actors/hub/events.ts";
import { createConfiguredApi } from "./api/api.ts";
import { createHealth } from "./api/health.ts";
import { createMetricsEndpoint } from "./api/metrics.ts";
import { describeApi } from "./api/openapi.ts";
import type { Operations } from "./api/operations.ts";
import { createRoutes, type Endpoint, readOnly } from "./api/routes.ts";
import { insecureSwitches } from "./config/cautions.ts";
import type { Config } from "./config/config.ts";
import type { Clock } from "./core/clock.ts";
import type { DialectName } from "./core/frame.ts";
import type { Log } from "./core/log.ts";
import type { Random } from "./core/random.ts";
import { createMetrics, type Gauges } from "./metrics/metrics.ts";
import type { Node } from "./node.ts";
import { frameLimits } from "./options.ts";
import type { Pushes } from "./pushes.ts";
import { createAddressReader } from "./transport/addresses.ts";
import { Admission } from "./transport/admission.ts";
import { createHostCheck, isLoopbackName } from "./transport/hosts.ts";
import { createOriginCheck } from "./transport/origins.ts";
import { Turns } from "./transport/turns.ts";
import { createUpgrade } from "./transport/upgrade.ts";
import { createWebSocketHandlers } from "./transport/websocket.ts";
import { createPages } from "./web/pages.ts";

/** At some 120 us an upgrade and 40 us a farewell (measured), those who are there wait 2 ms for those of one turn. */
const upgradesPerTurn = 16;
const farewellsPerTurn = 48;

/** What the doors need to know of the house. */
export interface DoorsPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly node: Node;
  readonly operations: Operations;
  readonly pushes: Pushes;
  readonly version: string;
  isDraining(): boolean;
  /** Seconds that the last sweep was late by. */
  loopLag(): number;
}

/** Everything between a request and a connection: who is let in, and what else is served. */
export function createDoors(config: Config, ports: DoorsPorts) {
  const { clock, random, log, node, isDraining } = ports;
  const { client, plain, http_server: http } = config;
  const messageRate = { limit: client.message_rate_limit, burst: client.message_burst_limit };
  const admission = new Admission(
    {
      connections: client.connection_limit,
      connectionsPerAddress: client.address_connection_limit,
      acceptedPerSecond: client.connection_rate_limit,
    },
    clock,
  );
  const upgrade = createUpgrade({
    random,
    counters: node.counters,
    admission,
    turns: new Turns(upgradesPerTurn, setImmediate),
    addresses: createAddressReader(http.trusted_proxies),
    sockets: { audiences: node.audiences, counters: node.counters, stalled: (socket) => node.slow.look(socket) },
    originAllowed: createOriginCheck(client.allowed_origins),
    burst: messageRate.burst,
    plainChannel: plain.channel,
    isDraining,
    untrustedForward: once((peer: string) => log.warn("proxy.untrusted", { peer })),
  });
  const loopback = isLoopbackName(http.address);
  const checkHost = createHostCheck({ allowedHosts: http.allowed_hosts, loopback });
  const inside = insideEndpoints(config, ports, { isOpen: loopback || http.internal_port !== null, admission });
  const hasInside = http.internal_port !== null;
  const api = apiPaths(config, createConfiguredApi(config, { ...ports, counters: node.counters }));
  for (const [path, endpoint] of api.exact) inside.set(path, endpoint);

  const table = {
    sockets: socketPaths(config),
    exact: hasInside ? new Map<string, Endpoint>() : inside,
    prefixes: hasInside ? new Map<string, Endpoint>() : api.prefixes,
    pages: config.web.enabled ? createPages({ ...directoryOf(config), log }) : null,
    checkHost,
    upgrade,
  };
  return {
    admission,
    /** Answers every request of the outer port. */
    respond: createRoutes(table),
    /** Answers every request of the inner port, where there is one. */
    respondInside: createRoutes({ ...table, sockets: new Map(), exact: inside, prefixes: api.prefixes, pages: null }),
    handlers: createWebSocketHandlers({
      clock,
      log,
      counters: node.counters,
      admission,
      farewells: new Turns(farewellsPerTurn, setImmediate),
      dialects: node.dialects,
      adopt: node.adopt,
      frameLimits: frameLimits(config),
      messageRate,
    }),
  };
}

/** Where sockets are opened, and in which dialect. */
function socketPaths({ plain, echo, websocket }: Config): Map<string, DialectName> {
  const paths = new Map<string, DialectName>();
  if (plain.enabled) paths.set("/ws", "plain");
  if (echo.enabled) paths.set("/echo", "echo");
  if (!websocket.disabled) paths.set(websocket.handler_prefix, "centrifuge");
  return paths;
}

/** Where the API is; nowhere without a key. */
function apiPaths({ http_api }: Config, endpoint: Endpoint | null) {
  if (!endpoint) return { exact: new Map<string, Endpoint>(), prefixes: new Map<string, Endpoint>() };
  const { handler_prefix } = http_api;
  let document: string | null = null;
  // Made once, when somebody asks: it takes some milliseconds, and nobody needs a key to ask.
  const description = readOnly(() => {
    document ??= JSON.stringify(describeApi(http_api));
    return new Response(document, { headers: { "Content-Type": "application/json" } });
  });
  return {
    exact: new Map([
      [handler_prefix, endpoint],
      [`${handler_prefix}/openapi.json`, description],
    ]),
    prefixes: new Map([[`${handler_prefix}/`, endpoint]]),
  };
}

/** What belongs to the inside: health and metrics. */
function insideEndpoints(
  config: Config,
  ports: DoorsPorts,
  { isOpen, admission }: { isOpen: boolean; admission: Admission },
): Map<string, Endpoint> {
  const { health, prometheus } = config;
  const endpoints = new Map<string, Endpoint>();
  if (health.enabled) {
    const { live, ready, centrifugo } = createHealth(ports.isDraining);
    endpoints.set("/healthz", readOnly(live));
    endpoints.set("/readyz", readOnly(ready));
    endpoints.set(health.handler_prefix, readOnly(centrifugo));
  }
  if (prometheus.enabled) {
    const metrics = createMetrics(ports.node.counters, gaugesOf(config, ports, admission));
    const endpoint = createMetricsEndpoint(metrics, { isOpen, key: prometheus.key });
    endpoints.set(prometheus.handler_prefix, readOnly(endpoint));
  }
  return endpoints;
}

function gaugesOf(config: Config, { node, loopLag, pushes }: DoorsPorts, admission: Admission): Gauges {
  const switches = [...insecureSwitches(config)].map(([path, isOn]) => [path, isOn ? 1 : 0] as const);
  const insecure = new Map(switches);
  const hub = () => node.hub.getSnapshot().context;
  return {
    sockets: () => admission.connections,
    connections: () => statesOf(hub().members.values()),
    users: () => hub().users.size,
    channels: () => node.audiences.size,
    deadlines: () => node.deadlines.size,
    stalled: () => node.slow.size,
    loopLag,
    pushFailures: pushes.failures,
    pushEntriesLost: pushes.entriesLost,
    commits: node.commits,
    insecure: () => insecure,
  };
}

/** How many connections are in which state, by dialect; looked at only when somebody scrapes. */
function statesOf(members: Iterable<Member>) {
  const counts = new Map<string, { dialect: string; state: string; count: number }>();
  for (const member of members) {
    const { dialect } = member.socket;
    const { value } = member.ref.getSnapshot();
    const state = typeof value === "string" ? value : (Object.keys(value)[0] ?? "");
    const key = `${dialect} ${state}`;
    const entry = counts.get(key) ?? { dialect, state, count: 0 };
    entry.count += 1;
    counts.set(key, entry);
  }
  return [...counts.values()];
}

function directoryOf({ web }: Config) {
  return web.directory === "" ? {} : { directory: web.directory };
}

function once<Arguments extends unknown[]>(run: (...given: Arguments) => void): (...given: Arguments) => void {
  let hasRun = false;
  return (...given) => {
    if (hasRun) return;
    hasRun = true;
    run(...given);
  };
}
