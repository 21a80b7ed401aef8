import type { ClusterBus } from "../../cluster/bus.ts";
import type { EngineEvents } from "../remote/engine.ts";
import { RedisBus } from "./bus.ts";
import { ClusterRoutes } from "./cluster/routes.ts";
import { RedisEngine } from "./engine.ts";
import type { RedisOptions } from "./options.ts";
import type { RedisEvents, RedisParts, RedisPorts } from "./ports.ts";
import { RoutedEngine } from "./routed-engine.ts";
import { shardRoutes } from "./shards.ts";

/** An engine, and the messages between nodes that go the same way. */
export interface OpenedRedis {
  readonly engine: RedisParts;
  readonly bus: ClusterBus;
}

/** Opens one Redis, or several among which channels are spread. */
export function openRedis(all: readonly RedisOptions[], events: EngineEvents, ports: RedisPorts): OpenedRedis {
  const [first] = all;
  if (!first) throw new Error("There is no Redis.");
  const bus = new RedisBus(() => engine, `${first.prefix}:control`);
  const own: RedisEvents = {
    message: (channel, message) => events.message(channel, message),
    resumed: (isMeant) => {
      bus.subscribe();
      events.resumed(isMeant);
    },
    heard: (name, text) => bus.heard(name, text),
  };
  const engine = all.length === 1 ? openOne(first, own, ports) : openShards(all, own, ports);
  return { engine, bus };
}

function openOne(options: RedisOptions, events: RedisEvents, ports: RedisPorts): RedisParts {
  if (options.at.kind !== "cluster") return new RedisEngine(options, events, ports);
  return new RoutedEngine(new ClusterRoutes(options, events, ports), options.prefix, ports);
}

function openShards(all: readonly RedisOptions[], events: RedisEvents, ports: RedisPorts): RedisParts {
  const shards = all.map((options) => openOne(options, events, ports));
  return new RoutedEngine(shardRoutes(shards), all[0]?.prefix ?? "", ports);
}
