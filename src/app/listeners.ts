import { createConfiguredApi } from "../api/api.ts";
import { describeApi } from "../api/openapi.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Random } from "../core/random.ts";
import type { Timers } from "../core/timers.ts";
import { createAddressReader } from "../http/addresses.ts";
import { createHealth } from "../http/health.ts";
import { createHostCheck, isLoopbackName } from "../http/hosts.ts";
import { createOriginCheck } from "../http/origins.ts";
import { createRoutes, type Endpoint, readOnly } from "../http/routes.ts";
import { createMetricsEndpoint } from "../metrics/endpoint.ts";
import { createMetrics } from "../metrics/metrics.ts";
import type { Operations } from "../operations/operations.ts";
import { Admission } from "../sockets/admission.ts";
import { Pacer } from "../sockets/pacer.ts";
import { createUpgrade } from "../sockets/upgrade.ts";
import { createWebSocketHandlers } from "../sockets/websocket.ts";
import { createPages } from "../web/pages.ts";
import { gaugesOf } from "./gauges.ts";
import type { Messages } from "./messages.ts";
import type { Node } from "./node.ts";
import { createSocketRoutes, frameBytesMax } from "./protocols.ts";

/** At some 120 us an upgrade and 40 us a close (measured), those of one turn keep the other connections waiting for 2 ms. */
const upgradesPerTurn = 16;
const closesPerTurn = 48;

/** The parts of the server that its listeners work with. */
export interface ListenersPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly node: Node;
  readonly operations: Operations;
  readonly messages: Messages;
  readonly version: string;
  isDraining(): boolean;
  /** Seconds that the last sweep was late by. */
  loopLag(): number;
}

/** Everything between a request and a connection: admission, upgrades, the API, health, metrics and the page. */
export function createListeners(config: Config, ports: ListenersPorts) {
  const { clock, timers, random, log, node, isDraining } = ports;
  const { client, http_server: http } = config;
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
    pacer: new Pacer(upgradesPerTurn, timers.setImmediate),
    addresses: createAddressReader(http.trusted_proxies),
    sockets: { subscribers: node.subscribers, counters: node.counters, stalled: (socket) => node.slow.look(socket) },
    originAllowed: createOriginCheck(client.allowed_origins),
    burst: messageRate.burst,
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
    sockets: createSocketRoutes(config),
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
      closes: new Pacer(closesPerTurn, timers.setImmediate),
      adopt: node.adopt,
      frameBytesMax: frameBytesMax(config),
      messageRate,
    }),
  };
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
  ports: ListenersPorts,
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
    const metrics = createMetrics(ports.node.counters, gaugesOf(config, { ...ports, admission }));
    const endpoint = createMetricsEndpoint(metrics, { isOpen, key: prometheus.key });
    endpoints.set(prometheus.handler_prefix, readOnly(endpoint));
  }
  return endpoints;
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
