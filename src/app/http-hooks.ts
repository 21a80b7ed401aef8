import type { ChannelRules } from "../channels/rules.ts";
import type { Config } from "../config/config.ts";
import { EventHooks } from "../hooks/events/event-hooks.ts";
import type { OutboxPorts } from "../hooks/events/outbox.ts";
import { type EventReceiver, ToldHooks } from "../hooks/events/told-hooks.ts";
import type { Hooks } from "../hooks/hooks.ts";
import { HttpHooks } from "../hooks/http/http-hooks.ts";
import { createSign } from "../hooks/http/signature.ts";
import { SharedLimit } from "../hooks/limits.ts";
import type { ProxyOptions } from "../options/proxy.ts";
import { ParentEvents } from "../processes/events.ts";
import type { ParentConnection } from "./parent-connection.ts";
import { pemOf } from "./pem.ts";

/** What the hooks of a configuration need. */
interface ConfiguredHooksPorts extends OutboxPorts {
  readonly rules: Pick<ChannelRules, "resolve">;
  /** The process that has the outbox; null where it is this one. */
  readonly parent: ParentConnection | null;
}

/** The hooks of a server, and the events for back ends. */
interface ConfiguredHooks {
  readonly hooks: Hooks | null;
  readonly events: EventReceiver | null;
}

/**
 * The hooks of an application, or those of the configuration. Events go to back ends in either case.
 *
 * @throws where the file of the outbox cannot be had
 */
export function createHooks(config: Config, own: Hooks | null, ports: ConfiguredHooksPorts): ConfiguredHooks {
  const events = ports.parent ? toldToParent(config, ports.parent, ports) : createEventHooks(config, ports);
  const hooks = own ?? (decidingHooks(config).length > 0 || events ? createHttpHooks(config, ports) : null);
  return { hooks: hooks && events ? new ToldHooks(hooks, events) : hooks, events };
}

/** Those of a worker, which its parent keeps; null where there are none. */
function toldToParent(config: Config, { link }: ParentConnection, ports: ConfiguredHooksPorts): EventReceiver | null {
  const { channelOptions } = endpointPorts(config, ports);
  const told = {
    linger: (channel: string) => (channelOptions(channel)?.channel_state_proxy_enabled ? 0 : null),
    tellsUnsubscribe: (channel: string) => channelOptions(channel)?.unsubscribe_proxy_enabled ?? false,
  };
  return hasEventHooks(config) ? new ParentEvents(link, told) : null;
}

/**
 * The events of a configuration, with their outbox; null where there are none.
 *
 * @throws where the file of the outbox cannot be had
 */
export function createEventHooks(config: Config, ports: Omit<ConfiguredHooksPorts, "parent">): EventHooks | null {
  const { channel, proxies, event_outbox } = config;
  const defaults = eventDefaults(config);
  if (!hasEventHooks(config)) return null;
  const used = new Set([channel.without_namespace, ...channel.namespaces].flatMap(namesOfEvents));
  const named = proxies.filter(({ name }) => used.has(name)).map(withPem);
  return new EventHooks(
    { outbox: event_outbox, defaults, proxies: named },
    { ...ports, ...endpointPorts(config, ports) },
  );
}

/** Whether a back end receives events, which wait for it in a file. */
export function hasEventHooks(config: Config): boolean {
  return Object.values(eventDefaults(config)).some((options) => options !== null);
}

function eventDefaults({ client, channel }: Config) {
  const namespaces = [channel.without_namespace, ...channel.namespaces];
  const isOn = (name: "unsubscribe_proxy_enabled" | "channel_state_proxy_enabled") =>
    namespaces.some((options) => options[name]);
  return {
    connected: client.proxy.connected.enabled ? withPem(client.proxy.connected) : null,
    disconnect: client.proxy.disconnect.enabled ? withPem(client.proxy.disconnect) : null,
    unsubscribe: isOn("unsubscribe_proxy_enabled") ? withPem(channel.proxy.unsubscribe) : null,
    channel_state: isOn("channel_state_proxy_enabled") ? withPem(channel.proxy.channel_state) : null,
  };
}

/** The same with the text of each file that its `http.tls` names. */
function withPem<Options extends ProxyOptions>(options: Options): Options {
  const { tls } = options.http;
  if (!tls.enabled) return options;
  const texts = {
    cert_pem: pemOf(tls.cert_pem),
    key_pem: pemOf(tls.key_pem),
    server_ca_pem: pemOf(tls.server_ca_pem),
  };
  return { ...options, http: { ...options.http, tls: { ...tls, ...texts } } };
}

function namesOfEvents(options: Config["channel"]["without_namespace"]): string[] {
  return [
    ...(options.unsubscribe_proxy_enabled ? [options.unsubscribe_proxy_name] : []),
    ...(options.channel_state_proxy_enabled ? [options.channel_state_proxy_name] : []),
  ];
}

function endpointPorts({ proxy }: Config, { clock, rules }: Pick<ConfiguredHooksPorts, "clock" | "rules">) {
  return {
    clock,
    sign: createSign({ key: proxy.signing_key, previous: proxy.signing_key_previous }),
    channelOptions: (name: string) => rules.resolve(name)?.namespace.options ?? null,
  };
}

function createHttpHooks(config: Config, ports: ConfiguredHooksPorts): HttpHooks {
  const { client, channel, rpc, proxies } = config;
  const { connect, refresh } = client.proxy;
  const { subscribe, publish, sub_refresh } = channel.proxy;
  return new HttpHooks(
    {
      concurrency: client.concurrency,
      connect: connect.enabled ? withPem(connect) : null,
      refresh: refresh.enabled ? withPem(refresh) : null,
      defaults: {
        subscribe: withPem(subscribe),
        publish: withPem(publish),
        sub_refresh: withPem(sub_refresh),
        rpc: withPem(rpc.proxy),
      },
      proxies: proxies.map(withPem),
      rpc: {
        boundary: rpc.namespace_boundary,
        withoutNamespace: rpc.without_namespace,
        namespaces: rpc.namespaces,
      },
    },
    { ...endpointPorts(config, ports), requests: new SharedLimit(requestsMax(), hookCount(config)) },
  );
}

/**
 * Requests that Bun 1.4.5 sends at once in one process, unless the environment has another number; those over it wait
 * inside of `fetch`, where no limit of ours counts.
 */
const runtimeRequests = 256;

/** What is left to key sets and to the events' outbox. */
const otherRequests = 32;

/** Requests of all hooks at once. */
function requestsMax(): number {
  const set = Number(Bun.env["BUN_CONFIG_MAX_HTTP_REQUESTS"]);
  return Math.max(1, (set >= 1 ? set : runtimeRequests) - otherRequests);
}

/** How many hooks there are: a named proxy counts for each kind for which a namespace names it. */
function hookCount({ client, channel, rpc }: Config): number {
  const kinds = ["subscribe", "publish", "sub_refresh"] as const;
  const ofChannels = [channel.without_namespace, ...channel.namespaces].flatMap((options) =>
    kinds.flatMap((kind) => (options[`${kind}_proxy_enabled`] ? [`${kind} ${options[`${kind}_proxy_name`]}`] : [])),
  );
  const ofCalls = [rpc.without_namespace, ...rpc.namespaces].flatMap(({ proxy_enabled, proxy_name }) =>
    proxy_enabled ? [`rpc ${proxy_name}`] : [],
  );
  const { connect, refresh } = client.proxy;
  return new Set([...ofChannels, ...ofCalls]).size + Number(connect.enabled) + Number(refresh.enabled);
}

/** The options that turn on hooks which decide. */
function decidingHooks({ client, channel, rpc }: Config): string[] {
  const calls = [
    { path: "rpc.without_namespace", enabled: rpc.without_namespace.proxy_enabled },
    ...rpc.namespaces.map(({ proxy_enabled }, index) => ({ path: `rpc.namespaces[${index}]`, enabled: proxy_enabled })),
  ];
  const namespaces = [
    { path: "channel.without_namespace", options: channel.without_namespace },
    ...channel.namespaces.map((options, index) => ({ path: `channel.namespaces[${index}]`, options })),
  ];
  return [
    ...(["connect", "refresh"] as const)
      .filter((name) => client.proxy[name].enabled)
      .map((name) => `client.proxy.${name}.enabled`),
    ...namespaces.flatMap(({ path, options }) =>
      (["subscribe_proxy_enabled", "publish_proxy_enabled", "sub_refresh_proxy_enabled"] as const)
        .filter((name) => options[name])
        .map((name) => `${path}.${name}`),
    ),
    ...calls.filter(({ enabled }) => enabled).map(({ path }) => `${path}.proxy_enabled`),
  ];
}

/** An application decides in this process: hooks of the configuration beside it would never be asked. */
export function hookConflicts(config: Config): string[] {
  return decidingHooks(config).map(
    (option) => `${option}: expected false beside an application, whose handlers decide in its place`,
  );
}

/** Whether a hook receives headers of the client's handshake. */
export function readsHandshakes({ client, channel, rpc, proxies }: Config): boolean {
  const all = [...Object.values(client.proxy), ...Object.values(channel.proxy), rpc.proxy, ...proxies];
  return all.some(({ http_headers }) => http_headers.length > 0);
}
