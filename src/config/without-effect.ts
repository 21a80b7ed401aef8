import { ownHeaders } from "../core/own-headers.ts";
import type { ProxyOptions } from "../options/proxy.ts";
import type { Config } from "./config.ts";
import { hookSections } from "./hook-checks.ts";

/** Options that are set and change nothing, a line each with the reason: a file of Centrifugo may have them. */
export function withoutEffect(config: Config): readonly string[] {
  const { client, channel, uni_websocket: uni } = config;
  const namespaces = [channel.without_namespace, ...channel.namespaces];
  const events: readonly (readonly [path: string, isOn: boolean, options: ProxyOptions])[] = [
    ["client.proxy.connected", client.proxy.connected.enabled, client.proxy.connected],
    ["client.proxy.disconnect", client.proxy.disconnect.enabled, client.proxy.disconnect],
    [
      "channel.proxy.unsubscribe",
      namespaces.some((options) => options.unsubscribe_proxy_enabled),
      channel.proxy.unsubscribe,
    ],
    [
      "channel.proxy.channel_state",
      namespaces.some((options) => options.channel_state_proxy_enabled),
      channel.proxy.channel_state,
    ],
  ];
  return [
    ...(uni.enabled && uni.join_push_messages
      ? ["uni_websocket.join_push_messages: has no effect, because each push has a frame of its own"]
      : []),
    ...hookSections(config).flatMap(([path, options]) => ownHeadersOf(path, options)),
    ...events.flatMap(([path, isOn, options]) => (isOn ? ofEvents(path, options) : [])),
  ];
}

/** Headers that the HTTP client sets by itself. */
function ownHeadersOf(path: string, { http }: ProxyOptions): string[] {
  return Object.keys(http.static_headers)
    .filter((name) => ownHeaders.has(name.toLowerCase()))
    .map((name) => `${path}.http.static_headers.${name}: has no effect, because the HTTP client sets this header`);
}

/** Options of hooks that are asked about one client, at a hook for events. */
function ofEvents(path: string, options: ProxyOptions): string[] {
  const set = {
    http_headers: options.http_headers.length > 0,
    emulated_headers: options.emulated_headers.length > 0,
    binary_encoding: options.binary_encoding,
    include_connection_meta: options.include_connection_meta,
    "http.status_to_code_transforms": options.http.status_to_code_transforms.length > 0,
  };
  return Object.entries(set)
    .filter(([, isSet]) => isSet)
    .map(([name]) => `${path}.${name}: has no effect, because a request tells of events of many clients`);
}
