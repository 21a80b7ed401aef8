import { centrifugoAt } from "./centrifugo.ts";
import { knownPaths, type Path } from "./known-names.ts";
import { pathText } from "./tree.ts";

// Centrifugo 5 and earlier had one flat list of names. Most of them follow from the names of Centrifugo 6: the sections
// below had another prefix, or none, and the rest was joined by "_". The others are listed.

/** Sections of Centrifugo 6, and the prefixes that their options had before; the first rule that fits a name wins. */
const prefixes: readonly (readonly [section: string, prefix: string])[] = [
  ["channel.without_namespace.", ""],
  ["client.token.", "token_"],
  ["client.subscription_token.", "subscription_token_"],
  ["client.proxy.", "proxy_"],
  ["channel.proxy.", "proxy_"],
  ["rpc.proxy.", "proxy_rpc_"],
  ["http_server.", ""],
  ["http_api.", "api_"],
  ["engine.redis.", "redis_"],
  ["broker.nats.", "nats_"],
  ["channel.", "channel_"],
  ["client.", "client_"],
  ["client.", ""],
];

/** Endings that had another form. */
const endings: readonly (readonly [now: RegExp, before: string])[] = [
  [/\.enabled$/, ""],
  [/\.disabled$/, ".disable"],
  [/\.tls\.cert_pem$/, ".tls_cert"],
  [/\.tls\.key_pem$/, ".tls_key"],
  [/\.tls\.server_ca_pem$/, ".tls_root_ca"],
  [/\.tls\.client_ca_pem$/, ".tls_client_ca"],
];

/** Names of the options of channels, in all channels and in a namespace, and what they are called now. */
const channelNames: Readonly<Record<string, string>> = {
  anonymous: "allow_subscribe_for_anonymous",
  protected: "allow_subscribe_for_client",
  publish: "allow_publish_for_client",
  subscribe_to_publish: "allow_publish_for_subscriber",
  presence_disable_for_client: "allow_presence_for_subscriber",
  history_disable_for_client: "allow_history_for_subscriber",
  history_lifetime: "history_ttl",
  history_recover: "force_recovery",
  recover: "force_recovery",
  position: "force_positioning",
  proxy_subscribe: "subscribe_proxy_enabled",
  proxy_publish: "publish_proxy_enabled",
  proxy_sub_refresh: "sub_refresh_proxy_enabled",
  proxy_subscribe_stream: "subscribe_stream_proxy_enabled",
};

/** Names that follow no rule, with their new place. */
const movedNames: Readonly<Record<string, string>> = {
  engine: "engine.type",
  broker: "broker.type",
  name: "node.name",
  namespaces: "channel.namespaces",
  node_info_metrics_aggregate_interval: "node.info_metrics_aggregate_interval",
  secret: "client.token.hmac_secret_key",
  insecure: "client.insecure",
  insecure_api: "http_api.insecure",
  insecure_admin: "admin.insecure",
  anonymous: "client.allow_anonymous_connect_without_token",
  client_anonymous: "client.allow_anonymous_connect_without_token",
  separate_subscription_token_config: "client.subscription_token.enabled",
  user_subscribe_to_personal: "client.subscribe_to_user_personal_channel.enabled",
  user_personal_channel_namespace: "client.subscribe_to_user_personal_channel.personal_channel_namespace",
  user_personal_single_connection: "client.subscribe_to_user_personal_channel.single_connection",
  global_history_meta_ttl: "channel.history_meta_ttl",
  memory_history_meta_ttl: "channel.history_meta_ttl",
  redis_history_meta_ttl: "channel.history_meta_ttl",
  history_meta_ttl: "channel.history_meta_ttl",
  global_presence_ttl: "engine.redis.presence_ttl",
  global_redis_presence_user_mapping: "engine.redis.presence_user_mapping",
  redis_use_lists: "engine.redis.history_use_lists",
  redis_host: "engine.redis.address",
  redis_port: "engine.redis.address",
  redis_url: "engine.redis.address",
  redis_master_name: "engine.redis.sentinel_master_name",
  redis_sentinels: "engine.redis.sentinel_address",
  rpc_ping: "rpc.ping.enabled",
  rpc_namespaces: "rpc.namespaces",
  connect_proxy_name: "client.proxy.connect",
  refresh_proxy_name: "client.proxy.refresh",
  rpc_proxy_name: "rpc.without_namespace.proxy_name",
  proxy_http_headers: "client.proxy.connect.http_headers",
  proxy_grpc_metadata: "client.proxy.connect.grpc_metadata",
  proxy_binary_encoding: "client.proxy.connect.binary_encoding",
  proxy_include_connection_meta: "client.proxy.connect.include_connection_meta",
  proxy_static_http_headers: "client.proxy.connect.http.static_headers",
  client_request_max_size: "websocket.message_size_limit",
  client_message_write_timeout: "websocket.write_timeout",
  websocket_ping_interval: "client.ping_interval",
};

/** Names for which nothing took the place. */
const endedNames =
  /^(?:sockjs.*|v3_use_offset|use_unlimited_history_by_default|use_client_protocol_v1_by_default|disable_client_protocol_v1|granular_proxy_mode|gomaxprocs|watch|connection_lifetime|history_drop_inactive|server_side|redis_streams|redis_shards|redis_pubsub_num_workers|jwt|web)$/;

/** The new place of a flat name of Centrifugo 5 and earlier, or of one of ours without its section; null where there is none. */
export function movedTo(name: string): string | null {
  const channelName = Object.hasOwn(channelNames, name) ? channelNames[name] : undefined;
  if (Object.hasOwn(movedNames, name)) return movedNames[name] ?? null;
  if (channelName !== undefined) return `channel.without_namespace.${channelName}`;
  return flatNames().get(name) ?? null;
}

/**
 * What is said of an option with an old name, after its path; null where the name is not an old one. `isKnown`: there is a
 * section of this name, which was a switch or a text before.
 */
export function oldNameFault(path: Path, isKnown = false): string | null {
  const [first = "", ...rest] = path;
  const last = String(path.at(-1));
  const parent = pathText(path.slice(0, -1));
  if (isKnown) {
    const now = rest.length === 0 ? (movedNames[String(first)] ?? `${first}.enabled`) : null;
    return now === null || centrifugoAt(now.split(".")) === undefined ? null : moved(now);
  }
  if (/^channel\.(?:without_namespace|namespaces\[\d+\])$/.test(parent) && Object.hasOwn(channelNames, last)) {
    return moved(`${parent}.${channelNames[last]}`);
  }
  if (rest.length > 0) return null;
  const place = movedTo(last);
  if (place !== null) {
    const isTheirs = centrifugoAt(place.split(".")) !== undefined;
    return isTheirs ? moved(place) : `unknown option, the nearest known one is ${place}`;
  }
  return endedNames.test(last) ? "a name of Centrifugo 5 or earlier, which nothing replaces: remove it" : null;
}

function moved(place: string): string {
  return `a name of Centrifugo 5 or earlier, now ${place}`;
}

let flat: ReadonlyMap<string, string> | undefined;

/** Every flat name that follows from a known place; made once, when the first unknown name is met. */
function flatNames(): ReadonlyMap<string, string> {
  flat ??= listFlatNames();
  return flat;
}

function listFlatNames(): Map<string, string> {
  const names = new Map<string, string>();
  const known = knownPaths(undefined).map(pathText);
  const sections = new Set(known.map((place) => place.slice(0, Math.max(0, place.lastIndexOf(".")))));
  const places = known.filter((place) => !sections.has(place));
  const add = (name: string, place: string) => {
    if (!names.has(name)) names.set(name, place);
  };
  for (const [section, prefix] of prefixes) {
    for (const place of places.filter((each) => each.startsWith(section))) {
      for (const form of formsOf(place.slice(section.length))) add(prefix + form, place);
    }
  }
  for (const place of places.filter((each) => each.includes("."))) for (const form of formsOf(place)) add(form, place);
  return names;
}

function formsOf(place: string): string[] {
  const others = endings
    .filter(([now]) => now.test(`.${place}`))
    .map(([now, before]) => `.${place}`.replace(now, before));
  return [place, ...others.map((other) => other.slice(1))]
    .filter((form) => form !== "")
    .map((form) => form.replaceAll(".", "_"));
}
