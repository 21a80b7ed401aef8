import { isLoopbackName } from "../http/hosts.ts";
import type { ChannelRules, Config } from "./config.ts";
import type { Profile } from "./profiles.ts";
import { sharedEngine } from "./shared-engine.ts";
import { withoutEffect } from "./without-effect.ts";

/**
 * The switches that leave a lock open, by their paths, and whether they do; on whatever address, so that somebody who
 * watches the metrics notices a forgotten one before the address is opened.
 */
export function insecureSwitches({ client, http_api: api }: Config): ReadonlyMap<string, boolean> {
  return new Map([
    ["client.insecure", client.insecure],
    ["http_api.insecure", api.insecure && !api.disabled],
  ]);
}

/** The warning of a configuration that admits no client. */
export const noClientAdmitted =
  "client.token: no key is set, and anonymous clients are not allowed: no client can connect (3500, 3501)";

/** What can be meant, and should be said once at the start: a line for each, beginning with a path. */
export function cautions(config: Config, profile: Profile): readonly string[] {
  const { client, http_server: http, http_api: api } = config;
  const lines: string[] = [];
  const isOpen = client.allow_anonymous_connect_without_token || client.insecure;
  if (!hasKey(client.token) && !isOpen && !client.proxy.connect.enabled) lines.push(noClientAdmitted);
  if (client.insecure && !isLoopbackName(http.address)) {
    lines.push(
      `client.insecure: DANGER: everyone who reaches ${named(http.address)} may do everything, without a token`,
    );
  }
  const apiAddress = http.internal_port === null ? http.address : http.internal_address || http.address;
  if (api.insecure && !api.disabled && !isLoopbackName(apiAddress)) {
    lines.push(`http_api.insecure: DANGER: everyone who reaches ${named(apiAddress)} may use the API, without a key`);
  }
  if (sharedEngine(config) === "nats") {
    lines.push("broker.type: with nats no message waits for a user: send with until, ttl or queue_ttl_s is error 108");
  }
  if (config.engine.type === "redis" && config.engine.redis.sentinel_address.length > 1) {
    lines.push(
      "engine.redis.sentinel_address: each entry is a shard of its own; the sentinels of one master stand in one entry, " +
        "between commas",
    );
  }
  return [
    ...lines,
    ...shortKeys(config),
    ...manyChannels(config),
    ...longHistories(config),
    ...withoutEffect(config),
    ...(profile === "file" ? openGuards(config) : []),
  ];
}

/** Every set of rules with its path. */
function rulesByPath({ channel }: Config): readonly (readonly [path: string, rules: ChannelRules])[] {
  return [
    ["channel.without_namespace", channel.without_namespace],
    ...channel.namespaces.map((rules, index) => [`channel.namespaces[${index}]`, rules] as const),
  ];
}

/** Bytes of one subscribe command as a stock client writes it, with a short name and a position. */
const subscribeBytesMin = 96;

/** Channels of which a client cannot subscribe to all at once, as a stock client does whenever it connects. */
function manyChannels({ client, websocket, emulation, sse, http_stream }: Config): readonly string[] {
  const { channel_limit: channels, message_burst_limit: burst, message_rate_limit: rate } = client;
  const lines: string[] = [];
  if (rate > 0 && channels >= burst) {
    lines.push(
      `client.channel_limit: ${channels} is not below client.message_burst_limit (${burst}): ` +
        "a client that connects with all of its channels is refused (111, 3013)",
    );
  }
  const bytes = channels * subscribeBytesMin;
  const limits = [
    ["websocket.message_size_limit", websocket.message_size_limit, "is closed with 1009"],
    ...(sse.enabled || http_stream.enabled
      ? [["emulation.max_request_body_size", emulation.max_request_body_size, "is answered with 413"] as const]
      : []),
  ] as const;
  for (const [option, limit, end] of limits) {
    if (bytes <= limit) continue;
    lines.push(
      `client.channel_limit: ${channels} subscribes in one frame are more than ${option} (${limit}): ` +
        `a client that connects with all of its channels ${end}; set it to ${bytes} or more`,
    );
  }
  return lines;
}

/** Histories that are longer than what one recovery brings; only a limit that is set can be below one. */
function longHistories(config: Config): readonly string[] {
  const limit = config.client.recovery_max_publication_limit;
  return rulesByPath(config)
    .filter(([, rules]) => rules.history_size > limit)
    .map(
      ([path, rules]) =>
        `${path}.history_size: ${rules.history_size} is above client.recovery_max_publication_limit (${limit}): ` +
        "a client that missed more than the limit is not recovered",
    );
}

/** Rights in channels with a guarded name that a client has without a subscription, as in Centrifugo. */
function openGuards(config: Config): readonly string[] {
  const { private_prefix: prefix, user_boundary: boundary, without_namespace, namespaces } = config.channel;
  const hasPrivate = prefix !== "" && opensPrivate(config);
  const { enabled, personal_channel_namespace: name } = config.client.subscribe_to_user_personal_channel;
  const personal = name === "" ? without_namespace : namespaces.find((rules) => rules.name === name);
  return rulesByPath(config).flatMap(([path, rules]) => {
    const isPersonal = enabled && rules === personal;
    const hasLimited = (rules.allow_user_limited_channels || isPersonal) && boundary !== "";
    const names = [hasPrivate ? `"${prefix}"` : "", hasLimited ? `"${boundary}"` : ""].filter((each) => each !== "");
    if (names.length === 0) return [];
    const lines = (["publish", "presence", "history"] as const)
      .filter((action) => rules[`allow_${action}_for_client`])
      .map(
        (action) =>
          `${path}.allow_${action}_for_client: holds in channels with ${names.join(" or ")} too, where only ` +
          `subscribing is limited: use allow_${action}_for_subscriber`,
      );
    const isOpen = isPersonal && rules.allow_subscribe_for_client && !rules.allow_user_limited_channels;
    return isOpen ? [...lines, `${path}.allow_subscribe_for_client: ${openPersonal}`] : lines;
  });
}

const openPersonal =
  "holds in the personal channels of other users too: set allow_user_limited_channels, which leaves each to its user";

/** Whether a client can come into a private channel: by a token, or because a back end knows its user and subscribes it. */
function opensPrivate({ client }: Config): boolean {
  const { token, subscription_token: own, proxy, user_id_http_header: header } = client;
  return hasKey(own.enabled ? own : token) || proxy.connect.enabled || header !== "";
}

/** Whether tokens of this kind can be verified at all. */
function hasKey(token: Config["client"]["token"]): boolean {
  const keys = [token.hmac_secret_key, token.rsa_public_key, token.ecdsa_public_key, token.jwks_public_endpoint];
  return keys.some((key) => key !== "");
}

/** Characters of a key below which it can be tried out within minutes. */
const keyCharactersMin = 6;

/** Keys that are too short to keep anyone out; no line holds one. */
function shortKeys({ client, http_api: api, prometheus, console }: Config): readonly string[] {
  const keys: readonly (readonly [string, string])[] = [
    ["client.token.hmac_secret_key", client.token.hmac_secret_key],
    ["client.token.hmac_previous_secret_key", client.token.hmac_previous_secret_key],
    ["client.subscription_token.hmac_secret_key", client.subscription_token.hmac_secret_key],
    ["client.subscription_token.hmac_previous_secret_key", client.subscription_token.hmac_previous_secret_key],
    ["http_api.key", api.key],
    ...api.keys.map(({ key }, index) => [`http_api.keys[${index}].key`, key] as const),
    ["prometheus.key", prometheus.key],
    ["console.key", console.key],
  ];
  return keys
    .filter(([, key]) => key !== "" && [...key].length < keyCharactersMin)
    .map(
      ([path]) =>
        `${path}: shorter than ${keyCharactersMin} characters, which is quickly guessed: use a long random one`,
    );
}

function named(address: string): string {
  return address === "" ? "any address of this machine" : address;
}
