import type { ChannelRules, Config } from "./config.ts";

/** What is wrong between the options of an engine that several nodes share, and those of channels. */
export function engineProblems({ engine, channel, node }: Config): string[] {
  if (engine.type !== "redis") return [];
  const { address, cluster_address, sentinel_address, sentinel_master_name, db } = engine.redis;
  const problems: string[] = [];
  if (node.processes !== 1) {
    problems.push('node.processes: expected 1 beside engine.type "redis": there each process is a node of its own');
  }
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
  return [
    ...problems,
    ...rulesProblems(channel.without_namespace, "channel.without_namespace"),
    ...channel.namespaces.flatMap((rules, index) => rulesProblems(rules, `channel.namespaces[${index}]`)),
  ];
}

/** What a channel of several nodes cannot have. */
function rulesProblems(rules: ChannelRules, path: string): string[] {
  const problems: string[] = [];
  const engine: string = rules.engine;
  if (engine !== "redis") {
    problems.push(`${path}.engine: expected nothing beside engine.type "redis": history is kept there`);
  }
  return problems;
}
