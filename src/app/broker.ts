import type { Registry } from "../../actors/hub/registry.ts";
import type { Broker, BrokerEvents } from "../broker/broker.ts";
import { MemoryStore } from "../broker/local/memory.ts";
import type { LocalBrokerCounts } from "../broker/local/report.ts";
import { SqliteStore } from "../broker/local/sqlite-store.ts";
import type { Store } from "../broker/local/store.ts";
import { createLocalBroker } from "../broker/local.ts";
import { RedisEngine } from "../broker/redis/engine.ts";
import { RemoteBroker } from "../broker/remote/remote-broker.ts";
import type { ClusterBus } from "../cluster/bus.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Random } from "../core/random.ts";
import type { Timers } from "../core/timers.ts";
import type { Counters } from "../metrics/counters.ts";
import type { EngineMetrics } from "../metrics/engine.ts";
import { redisOptions } from "./redis.ts";
import { keepsOnDisk } from "./store-checks.ts";

/** What the broker takes of its node. */
interface BrokerPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly counters: Pick<Counters, "engineDurations">;
  readonly members: Pick<Registry, "member">;
  /** For tests of faults: each is given the real part. */
  readonly replace: { events?(events: BrokerEvents): BrokerEvents; store?(store: Store): Store };
  readonly application: { readonly channels: { readonly isDurable: boolean } } | null;
}

/** The broker of this node, and how it does. */
export interface OpenedBroker {
  readonly broker: Broker & { readonly counts: Readonly<LocalBrokerCounts>; sweep(): void };
  /** What is known of the engine that several nodes share; null where this node is alone. */
  readonly remote: (() => Omit<EngineMetrics, "nodes" | "unanswered">) | null;
  /** The way to the other nodes; null where this node is alone. */
  readonly bus: ClusterBus | null;
}

/** Opens the broker that the configuration names. `replaced`: the file of the history is another one now. */
export function openBroker(
  config: Config,
  ports: BrokerPorts,
  events: BrokerEvents,
  replaced: () => void,
): OpenedBroker {
  const own = ports.replace.events?.(events) ?? events;
  if (config.engine.type === "redis") return openRemote(config, ports, own);
  const { clock, random, log, timers } = ports;
  const broker = createLocalBroker({
    events: own,
    stores: openStores(config, ports, replaced),
    clock,
    random,
    schedule: timers.setImmediate,
    log,
    idempotencyBytesMax: config.channel.idempotency_max_bytes,
  });
  return { broker, remote: null, bus: null };
}

function openRemote({ engine: { redis } }: Config, ports: BrokerPorts, events: BrokerEvents): OpenedBroker {
  const { clock, random, log, timers, members, counters } = ports;
  const options = redisOptions(redis);
  const engines: RedisEngine[] = [];
  const broker = new RemoteBroker({
    events,
    open: (told) => {
      const engine = new RedisEngine(options, told, {
        clock,
        timers,
        random,
        log,
        durations: counters.engineDurations,
      });
      engines.push(engine);
      return engine;
    },
    clock,
    random,
    schedule: timers.setImmediate,
    log,
    socketOf: (client) => members.member(client)?.socket ?? null,
    answerMs: options.ioTimeout,
  });
  const [engine] = engines;
  if (!engine) throw new Error("The broker has opened no engine.");
  const remote = () => ({ ...engine.state, ...broker.engineCounts, feeds: broker.feeds });
  return { broker, remote, bus: engine };
}

/** A store in memory, and one on the disk where a channel may need it: otherwise no file is made. */
function openStores(config: Config, ports: BrokerPorts, replaced: () => void) {
  const { engine } = config;
  const { clock, random, log, replace, application } = ports;
  const streamsMax = engine.stream_limit;
  const memory = new MemoryStore(clock, random, { streamsMax, bytesMax: engine.memory.max_bytes });
  const isDurable = keepsOnDisk(config) || application?.channels.isDurable === true;
  if (!isDurable) return { memory, sqlite: memory };
  const sqlite = new SqliteStore(
    { ...engine.sqlite, streamsMax, bytesMax: engine.sqlite.max_bytes, replaced },
    { clock, random, log },
  );
  return { memory, sqlite: replace.store?.(sqlite) ?? sqlite };
}
