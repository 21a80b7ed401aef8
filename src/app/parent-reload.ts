import type { Config } from "../config/config.ts";
import { atNextStart, differences, isDurable, namespacesOf, type ReloadPlan } from "./reload.ts";

/** Parts of the configuration that the parent process has opened, or that are the same for workers before and after. */
const kept = ["http_server.address", "http_server.port", "http_server.internal_address", "http_server.internal_port"];

/**
 * Decides what a node of several processes takes over from a new configuration by replacing its workers: all but
 * addresses, ports, the engine and files.
 */
export function planReplacement(before: Config, after: Config): ReloadPlan {
  const { address, port, internal_address, internal_port } = before.http_server;
  const isPossible = namespacesOf(before).some(isDurable) || !namespacesOf(after).some(isDurable);
  const config: Config = {
    ...after,
    http_server: { ...after.http_server, address, port, internal_address, internal_port },
    engine: before.engine,
    channel: isPossible ? withEngines(after, before) : before.channel,
    push_log: { ...after.push_log, path: before.push_log.path },
    event_outbox: { ...after.event_outbox, path: before.event_outbox.path },
  };
  const refused = differences(config, after).map((option) => ({ option, reason: reasonOf(option, isPossible) }));
  return { config, applied: differences(before, config), refused };
}

function reasonOf(option: string, isPossible: boolean): string {
  if (option.startsWith("channel.") && !isPossible) return "its history needs a file, which is opened at a start";
  return kept.includes(option) ? "addresses and ports change at the next start" : atNextStart;
}

/** The rules of channels, with the engines that they had: history cannot move from one to another. */
function withEngines({ channel }: Config, before: Config): Config["channel"] {
  const engines = new Map(namespacesOf(before).map(({ name, engine }) => [name, engine]));
  const keep = <Rules extends { readonly engine: string }>(name: string, rules: Rules): Rules => ({
    ...rules,
    engine: engines.get(name) ?? rules.engine,
  });
  return {
    ...channel,
    idempotency_max_bytes: before.channel.idempotency_max_bytes,
    without_namespace: keep("", channel.without_namespace),
    namespaces: channel.namespaces.map((rules) => keep(rules.name, rules)),
  };
}
