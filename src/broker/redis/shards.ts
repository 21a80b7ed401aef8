import type { RedisParts } from "./ports.ts";
import type { Routes } from "./routed-engine.ts";

/**
 * Spreads names among servers that know nothing of each other: each name belongs to the server for which its hash is the
 * greatest, so that one more server takes its part from each of the others, and nothing else moves.
 */
export function shardRoutes(shards: readonly RedisParts[]): Routes {
  return {
    partOf: (tag) => shardOf(tag, shards.length),
    engineOf: (part) => shards[part] ?? null,
    engines: () => shards,
    isComplete: true,
    refreshed: () => Promise.resolve(false),
    close: () => Promise.all(shards.map((shard) => shard.close())),
  };
}

/** The number of the server that a name belongs to. */
export function shardOf(tag: string, count: number): number {
  let shard = 0;
  let greatest = -1;
  for (let index = 0; index < count; index++) {
    const hash = Bun.hash.murmur32v3(tag, index);
    if (hash <= greatest) continue;
    greatest = hash;
    shard = index;
  }
  return shard;
}
