import { checkNats, type NatsFault } from "../broker/nats/check.ts";
import { checkRedis, type RedisFault } from "../broker/redis/check.ts";
import type { Config } from "../config/config.ts";
import { sharedEngine } from "../config/shared-engine.ts";
import { systemRandom } from "../runtime/system.ts";
import { natsOptions } from "./nats.ts";
import { redisOptions } from "./redis.ts";

/**
 * Why the engine of several nodes cannot be used; null where it works, or where there is none. A server that refuses
 * this node comes before one that cannot be reached.
 */
export async function engineFault(config: Config): Promise<RedisFault | NatsFault | null> {
  const faults = (await Promise.all(checksOf(config))).filter((fault) => fault !== null);
  return faults.find(({ kind }) => kind === "refused") ?? faults[0] ?? null;
}

function checksOf(config: Config): readonly Promise<RedisFault | NatsFault | null>[] {
  switch (sharedEngine(config)) {
    case "nats":
      return [checkNats(natsOptions(config.broker.nats))];
    case "redis":
      return redisOptions(config.engine.redis).map((options) => checkRedis(options, systemRandom));
    case null:
      return [];
  }
}
