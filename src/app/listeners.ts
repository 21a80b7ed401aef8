import type { Server } from "bun";
import type { Keys } from "../api/keys.ts";
import { describeApi } from "../api/openapi.ts";
import type { Config } from "../config/config.ts";
import type { Profile } from "../config/profiles.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Random } from "../core/random.ts";
import type { Slices } from "../core/slices.ts";
import type { Timers } from "../core/timers.ts";
import { routesAsSent } from "../http/as-sent.ts";
import { createHealth } from "../http/health.ts";
import { createOriginCheck } from "../http/origins.ts";
import { notFound } from "../http/responses.ts";
import {
  createMountedRoutes,
  createRoutes,
  type Endpoint,
  type Route,
  type RouteTable,
  readOnly,
} from "../http/routes.ts";
import { createMetricsEndpoint } from "../metrics/endpoint.ts";
import { createMetrics } from "../metrics/metrics.ts";
import type { Operations } from "../operations/operations.ts";
import type { Admission } from "../sockets/admission.ts";
import type { Arrivals } from "../sockets/arrivals.ts";
import type { SocketRoute } from "../sockets/negotiation.ts";
import { createRefusals } from "../sockets/refusals.ts";
import type { BunSocket } from "../sockets/socket.ts";
import { createPages } from "../web/pages.ts";
import { createConfiguredApi, createConfiguredKeys } from "./api.ts";
import type { OpenConsole } from "./console.ts";
import { gaugesOf, type ProcessGauges } from "./gauges.ts";
import { createHostRules } from "./host-rules.ts";
import type { Messages } from "./messages.ts";
import type { Node } from "./node.ts";
import type { ParentConnection } from "./parent-connection.ts";
import { nodeMetrics } from "./parent-metrics.ts";
import { createSocketRoutes } from "./protocols.ts";
import { createTransports } from "./transports.ts";

/** The parts of the server that its listeners work with. */
export interface ListenersPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly node: Node;
  readonly arrivals: Arrivals;
  readonly operations: Operations;
  readonly slices: Slices;
  readonly messages: Messages;
  readonly profile: Profile;
  readonly version: string;
  /** The id of this node, in the reply to connect of streams and in `info`. */
  readonly nodeId: string;
  isDraining(): boolean;
  readonly process: ProcessGauges;
  /** Null where it is off. */
  readonly console: OpenConsole | null;
  /** The process that has what the workers of this node share; null where this is the only one. */
  readonly parent: ParentConnection | null;
}

/** See `createListeners`. */
export type Listeners = ReturnType<typeof createListeners>;

/** Everything between a request and a connection: admission, upgrades, the API, health, metrics and the page. */
export function createListeners(config: Config, ports: ListenersPorts) {
  const { clock, log, node } = ports;
  const { http_server: http } = config;
  let live = liveParts(config, ports.profile);
  const refuse = createRefusals({ counters: node.counters, log, clock });
  const transports = createTransports(config, {
    ...ports,
    refuse,
    originAllowed: (origin, host) => live.originAllowed(origin, host),
  });
  const { admission } = transports;
  const keys = { callerOf: (...given: Parameters<Keys["callerOf"]>) => live.keys.callerOf(...given) };
  const endpoints = {
    exact: insideEndpoints(config, { ...ports, admission, metricsKey: () => live.metricsKey }),
    prefixes: new Map<string, Route>(),
  };
  addApi(endpoints, config, createConfiguredApi(config, { ...ports, keys, counters: node.counters }));
  const withConsole = { ...endpoints, ...addedTo(endpoints, ports.console) };
  const nothing = { exact: new Map<string, Route>(), prefixes: new Map<string, Route>() };

  const isShared = http.internal_port === null;
  const open = isShared ? endpoints : nothing;
  const outer: RouteTable<SocketRoute> = {
    ...open,
    exact: new Map([...open.exact, ...transports.streams]),
    sockets: createSocketRoutes(config),
    pages: config.web.enabled ? createPages({ ...directoryOf(config), log }) : null,
    checkHost: (header, server) => live.checkHost(header, server),
    upgrade: transports.upgrade,
    refuseHost: (request, path, response) => refuse(request, path, { reason: "host", response }),
  };
  const inner: RouteTable<SocketRoute> = {
    ...outer,
    ...withConsole,
    sockets: new Map(),
    pages: null,
    checkHost: (header, server) => live.checkHostInside(header, server),
  };
  return {
    admission,
    /** Takes over the keys and the allowed origins of a configuration. */
    reload: (next: Config) => {
      live = liveParts(next, ports.profile);
    },
    /** The routes of the public port, for `Bun.serve`. */
    routes: routesOf(isShared ? { ...outer, ...addedTo(outer, ports.console) } : outer),
    /** Responds to the requests of a server of the application; null for those that are not for Chorus. */
    respondMounted: createMountedRoutes(config.mount.path.replace(/\/$/, ""), outer),
    /** The routes of the internal port, where there is one. */
    routesInside: routesOf(inner),
    handlers: ports.console?.handlers(transports.handlers) ?? transports.handlers,
    /** Opens a WebSocket connection; the caller has checked the Host. */
    upgrade: (request: Request, server: Server<BunSocket>, path: string) => {
      const route = outer.sockets.get(path);
      return route ? transports.upgrade(request, server, { route, target: { path, query: noQuery } }) : notFound();
    },
  };
}

const noQuery = new URLSearchParams();

/** Endpoints with those of the console. */
function addedTo({ exact, prefixes }: Pick<RouteTable<SocketRoute>, "exact" | "prefixes">, added: OpenConsole | null) {
  if (!added) return { exact, prefixes };
  return { exact: new Map([...exact, ...added.exact]), prefixes: new Map([...prefixes, ...added.prefixes]) };
}

function routesOf(table: RouteTable<SocketRoute>) {
  return routesAsSent([...table.sockets.keys(), ...table.exact.keys()], createRoutes(table));
}

/** What a running server takes over from a new configuration. */
function liveParts(config: Config, profile: Profile) {
  const { http_server: http, client, prometheus } = config;
  return {
    originAllowed: createOriginCheck({ allowed: client.allowed_origins, development: profile === "development" }),
    checkHost: createHostRules(config, http.allowed_hosts.length > 0),
    // The hosts of the public listener say nothing of those that reach the internal one.
    checkHostInside: createHostRules(config, false),
    keys: createConfiguredKeys(config),
    metricsKey: prometheus.key,
  };
}

/** Adds the API; it is nowhere without a key. */
function addApi(
  { exact, prefixes }: { exact: Map<string, Route>; prefixes: Map<string, Route> },
  { http_api }: Config,
  endpoint: Endpoint | null,
): void {
  if (!endpoint) return;
  const { handler_prefix } = http_api;
  // Without a key the Host check is all that keeps a page of another site from the API.
  const route = { endpoint, anyHost: !http_api.insecure };
  let document: string | null = null;
  // Made once, at the first request: it takes some milliseconds.
  const description = readOnly(() => {
    document ??= JSON.stringify(describeApi(http_api));
    return new Response(document, { headers: { "Content-Type": "application/json" } });
  });
  exact.set(handler_prefix, route);
  exact.set(`${handler_prefix}/openapi.json`, { endpoint: description, anyHost: true });
  prefixes.set(`${handler_prefix}/`, route);
}

interface InsidePorts extends ListenersPorts {
  readonly admission: Admission;
  /** The bearer token of the metrics. */
  metricsKey(): string;
}

/** The endpoints of the internal port, where there is one: health and metrics. */
function insideEndpoints(config: Config, ports: InsidePorts): Map<string, Route> {
  const { health, prometheus, http_server } = config;
  const endpoints = new Map<string, Route>();
  if (health.enabled) {
    const { live, ready, centrifugo } = createHealth({
      isDraining: ports.isDraining,
      isEngineUp: () => ports.node.remote?.().isUp ?? true,
    });
    endpoints.set("/healthz", { endpoint: readOnly(live), anyHost: true });
    endpoints.set("/readyz", { endpoint: readOnly(ready), anyHost: true });
    // As in Centrifugo: its health check takes every method.
    endpoints.set(health.handler_prefix, { endpoint: centrifugo, anyHost: true });
  }
  if (prometheus.enabled) {
    const own = createMetrics(ports.node.counters, gaugesOf(config, { ...ports, ...ports.process }));
    const metrics = ports.parent ? nodeMetrics(own, ports.parent) : own;
    // A loopback address is no reason: behind a proxy on the same machine every peer is a loopback one.
    const isOpen = ports.profile === "development" || http_server.internal_port !== null;
    const endpoint = readOnly(createMetricsEndpoint(metrics, { isOpen, key: ports.metricsKey }));
    endpoints.set(prometheus.handler_prefix, { endpoint, anyHost: !isOpen });
  }
  return endpoints;
}

function directoryOf({ web }: Config) {
  return web.directory === "" ? {} : { directory: web.directory };
}
