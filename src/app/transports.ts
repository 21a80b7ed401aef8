import type { Config } from "../config/config.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Random } from "../core/random.ts";
import { milliseconds } from "../core/time.ts";
import type { Timers } from "../core/timers.ts";
import type { Consumer } from "../delivery/slow-consumers.ts";
import { createAddressReader } from "../http/addresses.ts";
import { Bodies } from "../http/bodies.ts";
import { Admission } from "../sockets/admission.ts";
import type { Arrivals } from "../sockets/arrivals.ts";
import { BytesRate } from "../sockets/bytes-rate.ts";
import { createEntrance } from "../sockets/entrance.ts";
import type { InboundPorts } from "../sockets/inbound.ts";
import { Pacer } from "../sockets/pacer.ts";
import type { RefuseUpgrade } from "../sockets/refusals.ts";
import type { OriginCheck } from "../sockets/streams/cross-origin.ts";
import { createStreamReader } from "../sockets/streams/reader.ts";
import { TurnWriter } from "../sockets/streams/turn-writer.ts";
import { createUpgrade } from "../sockets/upgrade.ts";
import { createWebSocketHandlers } from "../sockets/websocket.ts";
import type { Node } from "./node.ts";
import { bytesRateOf } from "./options.ts";
import { frameBytesMax, runtimeBytesMax } from "./protocols.ts";
import { createStreamEndpoints } from "./streams.ts";

/** At some 120 us an upgrade and 40 us a close (measured), those of one turn keep the other connections waiting for 2 ms. */
const upgradesPerTurn = 16;
const closesPerTurn = 48;

/** Time for the body of a request that opens a stream or brings commands. */
const bodyTimeout = milliseconds(10_000);

/** The parts of the server that transports work with. */
export interface TransportsPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly node: Node;
  /** The id of this node, in the reply to connect of streams. */
  readonly nodeId: string;
  readonly arrivals: Arrivals;
  readonly refuse: RefuseUpgrade;
  readonly originAllowed: OriginCheck;
  isDraining(): boolean;
}

/** Everything between a request and a connection: admission, upgrades, WebSocket handlers, streams. */
export function createTransports(config: Config, ports: TransportsPorts) {
  const { clock, timers, node, originAllowed } = ports;
  const { client } = config;
  const messageRate = { limit: client.message_rate_limit, burst: client.message_burst_limit };
  const admission = createAdmission(config, clock);
  const shared = {
    ...ports,
    admission,
    enter: createConfiguredEntrance(config, ports, admission),
    sockets: {
      subscribers: node.subscribers,
      counters: node.counters,
      stalled: (socket: Consumer) => node.slow.look(socket),
      arrivals: ports.arrivals,
      connectBytesMax: config.websocket.message_size_limit,
    },
    burst: messageRate.burst,
    adopt: node.adopt,
  };
  const inbound: InboundPorts = {
    clock,
    log: ports.log,
    counters: node.counters,
    messageRate,
    lane: node.lane,
    bytesRate: new BytesRate(bytesRateOf(config), (id) => node.registry.member(id)?.user ?? ""),
  };
  return {
    admission,
    upgrade: createUpgrade({ ...shared, pacer: new Pacer(upgradesPerTurn, timers.setImmediate) }),
    streams: createStreamEndpoints(config, {
      ...shared,
      writer: new TurnWriter(timers.setImmediate),
      bodies: new Bodies(ports, bodyTimeout),
      node: ports.nodeId,
      surveys: node.others?.surveys ?? null,
      isOriginAllowed: originAllowed,
      execute: createStreamReader({ ...inbound, schedule: timers.setImmediate }),
    }),
    handlers: createWebSocketHandlers({
      ...inbound,
      ...shared,
      closes: new Pacer(closesPerTurn, timers.setImmediate),
      schedule: timers.setImmediate,
      frameBytesMax: messageBytesMax(config, ports),
      connectBytesMax: Math.max(config.websocket.message_size_limit, config.uni_websocket.message_size_limit),
    }),
  };
}

function messageBytesMax(config: Config, { arrivals, log }: TransportsPorts): number {
  const bytes = runtimeBytesMax(config, arrivals.canSee);
  const isReduced = bytes < frameBytesMax(config);
  if (isReduced) log.info("messages.limited", { bytes, reason: "this system does not tell of unfinished messages" });
  return bytes;
}

function createAdmission({ client }: Config, clock: Clock): Admission {
  const limits = {
    connections: client.connection_limit,
    connectionsPerAddress: client.address_connection_limit,
    acceptedPerSecond: client.connection_rate_limit,
  };
  return new Admission(limits, clock);
}

function createConfiguredEntrance({ http_server, client }: Config, ports: TransportsPorts, admission: Admission) {
  const { log } = ports;
  return createEntrance({
    ...ports,
    admission,
    keepsRequests: ports.node.readsRequests,
    userHeader: client.user_id_http_header,
    addresses: createAddressReader({
      trustedProxies: http_server.trusted_proxies,
      ipv6Prefix: client.address_ipv6_prefix,
      unreadable: once((entry: string) => log.warn("proxy.unreadable", { entry })),
    }),
    untrustedForward: once((peer: string) => log.warn("proxy.untrusted", { peer })),
  });
}

function once<Arguments extends unknown[]>(run: (...given: Arguments) => void): (...given: Arguments) => void {
  let hasRun = false;
  return (...given) => {
    if (hasRun) return;
    hasRun = true;
    run(...given);
  };
}
