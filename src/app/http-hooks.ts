import type { ChannelRules } from "../channels/rules.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../core/clock.ts";
import { HttpHooks } from "../hooks/http/http-hooks.ts";
import { createSign } from "../hooks/http/signature.ts";

/** Makes the hooks of a configuration; null where it turns on none. */
export function createHttpHooks(
  config: Config,
  { clock, rules }: { readonly clock: Clock; readonly rules: Pick<ChannelRules, "resolve"> },
): HttpHooks | null {
  if (decidingHooks(config).length === 0) return null;
  const { client, channel, rpc, proxies, proxy } = config;
  return new HttpHooks(
    {
      concurrency: client.concurrency,
      connect: client.proxy.connect.enabled ? client.proxy.connect : null,
      refresh: client.proxy.refresh.enabled ? client.proxy.refresh : null,
      defaults: { ...channel.proxy, rpc: rpc.proxy },
      proxies,
      rpc: {
        boundary: rpc.namespace_boundary,
        withoutNamespace: rpc.without_namespace,
        namespaces: rpc.namespaces,
      },
    },
    {
      clock,
      sign: createSign({ key: proxy.signing_key, previous: proxy.signing_key_previous }),
      channelOptions: (name) => rules.resolve(name)?.namespace.options ?? null,
    },
  );
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

/** Whether a hook is told headers of the client's handshake. */
export function readsHandshakes({ client, channel, rpc, proxies }: Config): boolean {
  const all = [...Object.values(client.proxy), ...Object.values(channel.proxy), rpc.proxy, ...proxies];
  return all.some(({ http_headers }) => http_headers.length > 0);
}
