import type { Registry } from "../../actors/hub/registry.ts";
import type { Broker, BrokerEvents } from "../broker/broker.ts";
import { MemoryStore } from "../broker/local/memory.ts";
import type { LocalBrokerCounts } from "../broker/local/report.ts";
import { SqliteStore } from "../broker/local/sqlite-store.ts";
import type { Store } from "../broker/local/store.ts";
import { createLocalBroker, type LocalBroker } from "../broker/local.ts";
import { NatsEngine } from "../broker/nats/engine.ts";
import { ParentEngine } from "../broker/parent/engine.ts";
import { Keys } from "../broker/redis/keys.ts";
import { openRedis } from "../broker/redis/open.ts";
import type { Engine, EngineEvents } from "../broker/remote/engine.ts";
import { RemoteBroker } from "../broker/remote/remote-broker.ts";
import { encodePresence } from "../broker/remote/wire.ts";
import type { ClusterBus } from "../cluster/bus.ts";
import type { Surveys } from "../cluster/surveys.ts";
import type { Config } from "../config/config.ts";
import { sharedEngine } from "../config/shared-engine.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Random } from "../core/random.ts";
import type { PresencePush } from "../core/reply.ts";
import type { Timers } from "../core/timers.ts";
import type { Inbox } from "../messages/inbox.ts";
import type { InboxOptions } from "../messages/inbox-options.ts";
import { RedisInbox, type RedisInboxPorts } from "../messages/redis/inbox.ts";
import * as inboxScripts from "../messages/redis/scripts.ts";
import type { Counters } from "../metrics/counters.ts";
import type { EngineMetrics } from "../metrics/engine.ts";
import { RedisPresence, type RedisPresencePorts } from "../presence/redis/presence.ts";
import * as presenceScripts from "../presence/redis/scripts.ts";
import type { SharedPresence } from "../presence/shared.ts";
import { SurveyPresence } from "../presence/survey.ts";
import { ParentBus } from "../processes/bus.ts";
import { ParentPresence } from "../processes/presence.ts";
import { natsOptions } from "./nats.ts";
import { type ParentConnection, parentAnswerMs, parentEngineMetrics } from "./parent-connection.ts";
import { redisOptions } from "./redis.ts";
import { keepsOnDisk } from "./store-checks.ts";

/** What a broker of one process takes. */
interface LocalPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  /** For tests of faults. */
  readonly replace: { store?(store: Store): Store };
  readonly application: { readonly channels: { readonly isDurable: boolean } } | null;
}

/** What the broker takes of its node. */
interface BrokerPorts extends LocalPorts {
  /** Tells this node's subscribers of a join or a leave of any node. */
  announce(push: PresencePush): void;
  readonly counters: Pick<Counters, "engineDurations">;
  readonly members: Pick<Registry, "member">;
  /** For tests of faults: each is given the real part. */
  readonly replace: { events?(events: BrokerEvents): BrokerEvents; store?(store: Store): Store };
  /** The process that has the broker; null where it is this one. */
  readonly parent: ParentConnection | null;
}

/** What the presence that nodes share takes of its node. */
type SharedPresencePorts = Pick<RedisPresencePorts, "node" | "nodes" | "after"> & { readonly surveys: Surveys };

/** What the inbox that nodes share takes of its node. */
type SharedInboxPorts = Pick<RedisInboxPorts, "tell" | "listen">;

/** The broker of this node, and how it does. */
export interface OpenedBroker {
  readonly broker: Broker & { readonly counts: Readonly<LocalBrokerCounts>; sweep(): void; tick?(): void };
  /** What is known of the engine that several nodes share; null where this node is alone. */
  readonly remote: (() => Omit<EngineMetrics, "nodes" | "unanswered">) | null;
  /** The way to the other nodes; null where this node is alone. */
  readonly bus: ClusterBus | null;
  /** Opens the presence that nodes share; null where this node is alone. */
  readonly openPresence: ((ports: SharedPresencePorts) => SharedPresence) | null;
  /** Opens the inbox that nodes share; null where each keeps its own. */
  readonly openInbox: ((ports: SharedInboxPorts, options: InboxOptions) => Inbox) | null;
}

/** Opens the broker that the configuration names. `replaced`: the file of the history is another one now. */
export function openBroker(
  config: Config,
  ports: BrokerPorts,
  events: BrokerEvents,
  replaced: () => void,
): OpenedBroker {
  const own = ports.replace.events?.(events) ?? events;
  if (ports.parent) return openParents(ports.parent, ports, own);
  switch (sharedEngine(config)) {
    case "redis":
      return openRemote(config, ports, own);
    case "nats":
      return openNats(config, ports, own);
    case null:
      return {
        broker: openLocal(config, ports, own, replaced),
        remote: null,
        bus: null,
        openPresence: null,
        openInbox: null,
      };
  }
}

/** Opens the broker of one process. `replaced`: the file of the history is another one now. */
export function openLocal(config: Config, ports: LocalPorts, events: BrokerEvents, replaced: () => void): LocalBroker {
  const { clock, random, log, timers } = ports;
  return createLocalBroker({
    events,
    stores: openStores(config, ports, replaced),
    clock,
    random,
    schedule: timers.setImmediate,
    log,
    idempotencyBytesMax: config.channel.idempotency_max_bytes,
  });
}

/** The broker of a worker: that of its parent. */
function openParents(parent: ParentConnection, ports: BrokerPorts, events: BrokerEvents): OpenedBroker {
  const { clock, counters } = ports;
  const open = (told: EngineEvents) => ({
    engine: new ParentEngine(parent.link, told, { clock, durations: counters.engineDurations }),
  });
  const { broker, opened } = remoteBroker(ports, { events, open, answerMs: parentAnswerMs });
  const remote = () => ({
    ...parentEngineMetrics(parent.link, clock, opened.engine.counts),
    ...broker.engineCounts,
    feeds: broker.feeds,
  });
  const openPresence = () => new ParentPresence(parent.link);
  return { broker, remote, bus: new ParentBus(parent.link), openPresence, openInbox: null };
}

function openRemote({ engine: { redis } }: Config, ports: BrokerPorts, events: BrokerEvents): OpenedBroker {
  let resumed: EngineEvents["resumed"] = () => {};
  const open = (told: EngineEvents) => {
    const events = {
      ...told,
      resumed: (isMeant?: (channel: string) => boolean) => {
        told.resumed(isMeant);
        resumed(isMeant);
      },
    };
    return openRedis(redisOptions(redis), events, { ...ports, durations: ports.counters.engineDurations });
  };
  const { broker, opened } = remoteBroker(ports, { events, open, answerMs: redis.io_timeout });
  const { engine, bus } = opened;
  const remote = () => ({ ...engine.state, ...broker.engineCounts, feeds: broker.feeds });
  const openPresence = (shared: SharedPresencePorts) => {
    const { generation, prefix } = redis;
    const caller = engine.callerOf(Object.values(presenceScripts));
    const presence = new RedisPresence({ ...ports, ...shared, redis: caller, keys: new Keys(prefix), generation });
    const { address, cluster_address, sentinel_address } = redis;
    const hasOneServer = cluster_address.length === 0 && address.length < 2 && sentinel_address.length < 2;
    if (!hasOneServer) resumed = (isMeant) => presence.resumed(isMeant);
    return presence;
  };
  const openInbox = (shared: SharedInboxPorts, inbox: InboxOptions) => {
    const caller = engine.callerOf(Object.values(inboxScripts));
    const isUp = () => engine.state.isUp;
    return new RedisInbox({ ...ports, ...shared, isUp, redis: caller, keys: new Keys(redis.prefix) }, inbox);
  };
  return { broker, remote, bus, openPresence, openInbox };
}

function openNats({ broker: { nats } }: Config, ports: BrokerPorts, events: BrokerEvents): OpenedBroker {
  const options = natsOptions(nats);
  const open = (told: EngineEvents) => ({
    engine: new NatsEngine(options, told, { ...ports, durations: ports.counters.engineDurations }),
  });
  const { broker, opened } = remoteBroker(ports, { events, open, answerMs: options.ioTimeout });
  const { engine } = opened;
  const remote = () => ({ ...engine.state, ...broker.engineCounts, feeds: broker.feeds });
  const openPresence = ({ after, surveys }: SharedPresencePorts) =>
    new SurveyPresence({
      after,
      ask: (kind, body) => surveys.ask(kind, body),
      onAsked: (kind, answer) => surveys.onAsked(kind, answer),
      announce: (push) => engine.tell(push.channel, encodePresence(push)),
    });
  return { broker, remote, bus: engine, openPresence, openInbox: null };
}

interface RemoteParts<Opened extends { readonly engine: Engine }> {
  readonly events: BrokerEvents;
  readonly open: (told: EngineEvents) => Opened;
  readonly answerMs: number;
}

/** A broker over the engine that it opens, and what was opened. */
function remoteBroker<Opened extends { readonly engine: Engine }>(
  ports: BrokerPorts,
  { events, open, answerMs }: RemoteParts<Opened>,
) {
  const { clock, random, log, timers, members } = ports;
  const all: Opened[] = [];
  const broker = new RemoteBroker({
    events,
    announce: ports.announce,
    open: (told) => {
      const one = open(told);
      all.push(one);
      return one.engine;
    },
    clock,
    random,
    schedule: timers.setImmediate,
    log,
    socketOf: (client) => members.member(client)?.socket ?? null,
    answerMs,
  });
  const [opened] = all;
  if (!opened) throw new Error("The broker has opened no engine.");
  return { broker, opened };
}

/** A store in memory, and one on the disk where a channel may need it: otherwise no file is made. */
function openStores(config: Config, ports: LocalPorts, replaced: () => void) {
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
