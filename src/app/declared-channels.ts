import { createNamespace, type Namespace } from "../channels/namespace.ts";
import type { DeclaredChannels } from "../channels/rules.ts";
import type { Config } from "../config/config.ts";
import { parseConfig } from "../config/parse.ts";
import { namespaceOf } from "../contract/pattern.ts";
import { milliseconds } from "../core/time.ts";
import { millisecondsOf } from "../hooks/in-process/durations.ts";
import type { DeclaredChannel, RuntimeChannelHandlers } from "../hooks/in-process/runtime.ts";
import { ChannelTable } from "../hooks/in-process/runtime.ts";
import type { ChannelOptions } from "../options/channel.ts";

/** A declared channel with what holds in it. */
interface Entry extends DeclaredChannel {
  readonly rules: Namespace;
}

/** The channels of an application as the rules of channels see them: each pattern is a namespace of its own. */
export function createDeclaredChannels(declared: readonly DeclaredChannel[], config: Config): DeclaredChannels {
  const closed = closedOptions();
  const entries = declared.map((channel) => ({ ...channel, rules: rulesOf(channel, closed, config) }));
  const table = new ChannelTable<Entry>(entries);
  const namespaces = new Set(table.namespaces().filter((name) => name !== ""));
  return {
    isDurable: entries.some(({ rules: { history } }) => history?.durable === true),
    resolve: (name) => table.find(name)?.rules ?? (namespaces.has(namespaceOf(name)) ? "unknown" : null),
  };
}

/** The namespaces that both a configuration and an application name: one line each. */
export function namespaceConflicts(declared: readonly DeclaredChannel[], { channel }: Config): string[] {
  const own = new Set(declared.map(({ namespace }) => namespace));
  return channel.namespaces.flatMap(({ name }, index) =>
    own.has(name) ? [`channel.namespaces[${index}].name: the contract declares the namespace "${name}" too`] : [],
  );
}

function rulesOf({ name, schemas, handlers }: DeclaredChannel, closed: ChannelOptions, config: Config): Namespace {
  const hooks = {
    subscribe: true,
    publish: schemas.publish !== undefined && handlers.publish !== undefined,
    // The server looks at each expiry itself, and without a handler the subscription ends then.
    subRefresh: true,
  };
  const place = { channel: config.channel, engine: config.engine.type, hooks };
  return createNamespace(name, { ...closed, ...optionsOf(handlers, name) }, place);
}

/** What the handlers of a channel say of it, as the options of a namespace. */
function optionsOf({ history, presence = false, joinLeave = false }: RuntimeChannelHandlers, name: string) {
  return {
    presence,
    allow_presence_for_subscriber: presence,
    allow_presence_for_anonymous: presence,
    join_leave: joinLeave,
    force_push_join_leave: joinLeave,
    plain_text: "json" as const,
    ...(history && {
      history_size: history.size,
      history_ttl: milliseconds(millisecondsOf(history.ttl, `${name}.history.ttl`)),
      engine: history.engine ?? ("" as const),
      force_recovery: true,
      force_positioning: true,
      force_recovery_mode: history.recovery ?? ("stream" as const),
      auto_cache_recover: history.recovery === "cache",
      allow_history_for_subscriber: true,
      allow_history_for_anonymous: true,
    }),
  };
}

/** The defaults of a namespace: nothing is allowed to clients. */
function closedOptions(): ChannelOptions {
  const defaults = parseConfig({}, "file");
  if (!defaults.ok) throw new Error(defaults.error.join("\n"));
  return defaults.value.config.channel.without_namespace;
}
