import type { Config } from "./config.ts";
import { natsUrls } from "./nats-url.ts";
import { sharedEngine } from "./shared-engine.ts";

/** What is wrong between the options of what several nodes share, and those of channels. */
export function engineProblems(config: Config): string[] {
  const { broker, node } = config;
  if (broker.enabled && broker.type !== "nats") {
    return [`broker.type: expected "nats", got "${broker.type}": that is a value of engine.type`];
  }
  const shared = sharedEngine(config);
  if (shared === null) return [];
  const option = shared === "nats" ? "broker.type" : "engine.type";
  const alone =
    node.processes === 1
      ? []
      : [`node.processes: expected 1 beside ${option} "${shared}": there each process is a node of its own`];
  return [...alone, ...(shared === "nats" ? natsProblems(config) : redisProblems(config))];
}

function natsProblems({ broker, channel, engine }: Config): string[] {
  if (engine.type === "redis") {
    return ['broker.enabled: expected false beside engine.type "redis": channels are in one'];
  }
  const urls = natsUrls(broker.nats.url);
  if (urls === null) {
    return ["broker.nats.url: expected URLs as nats://USER:PASSWORD@HOST:PORT, with a comma between them"];
  }
  const users = new Set(
    urls
      .filter(({ username }) => username !== "")
      .map(({ username, password }) => JSON.stringify([username, password])),
  );
  if (users.size > 1) {
    return [
      "broker.nats.url: expected one user with one password, or one token, in all URLs: each server is given the same",
    ];
  }
  if (broker.nats.jetstream.enabled) return [];
  const kept = rulesOf(channel).filter(([, rules]) => rules.history_size > 0);
  return kept.map(
    ([path]) => `${path}.history_size: expected 0 without broker.nats.jetstream.enabled: NATS alone keeps nothing`,
  );
}

function redisProblems({ engine, channel }: Config): string[] {
  const { address, cluster_address, sentinel_address, sentinel_master_name, db } = engine.redis;
  const problems: string[] = [];
  if (address.length > 0 && sentinel_address.length > 0) {
    problems.push("engine.redis.address: expected nothing beside sentinel_address: the sentinels know the server");
  }
  if (cluster_address.length > 0 && (address.length > 0 || sentinel_address.length > 0)) {
    problems.push("engine.redis.cluster_address: expected nothing beside address or sentinel_address");
  }
  if (cluster_address.length > 0 && db !== 0) {
    problems.push("engine.redis.db: expected 0 beside cluster_address: a cluster has no other database");
  }
  if (sentinel_address.length > 0 && sentinel_master_name === "") {
    problems.push("engine.redis.sentinel_master_name: expected a name beside sentinel_address, got nothing");
  }
  const elsewhere = rulesOf(channel).filter(([, { engine: own }]) => (own as string) !== "redis");
  return [
    ...problems,
    ...elsewhere.map(([path]) => `${path}.engine: expected nothing beside engine.type "redis": history is kept there`),
  ];
}

/** Every set of rules with its path. */
function rulesOf({ without_namespace, namespaces }: Config["channel"]) {
  return [
    ["channel.without_namespace", without_namespace],
    ...namespaces.map((rules, index) => [`channel.namespaces[${index}]`, rules] as const),
  ] as const;
}
