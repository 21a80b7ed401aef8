import type { Config } from "./config.ts";

/** What several nodes share their channels in; null where this node is alone. */
export function sharedEngine({ engine, broker }: Pick<Config, "engine" | "broker">): "redis" | "nats" | null {
  if (broker.enabled && broker.type === "nats") return "nats";
  return engine.type === "redis" ? "redis" : null;
}
