import { openRedis } from "../../../src/broker/redis/open.ts";
import type { RedisOptions } from "../../../src/broker/redis/options.ts";
import { EngineNode, type RunHistory } from "../remote/node.ts";

/** A node on one Redis, or on the shards among which channels are spread. */
export function redisNode(redis: readonly RedisOptions[], history: RunHistory, channels: readonly string[]) {
  const answerMs = redis[0]?.ioTimeout ?? 0;
  return new EngineNode((told, ports) => openRedis(redis, told, ports).engine, { answerMs, history, channels });
}
