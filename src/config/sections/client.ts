import * as v from "valibot";
import { normalizeOrigin } from "../../http/origins.ts";
import { count, derivedCount, duration, flag, list, records, section, text } from "../../options/option.ts";
import { switchedProxy } from "../../options/proxy.ts";
import { tokenEntries } from "../../options/token.ts";

/** What a page's Origin can be, in any of the forms that are read into one. */
const origin = {
  pattern: { test: (entry: string) => normalizeOrigin(entry) !== null },
  means: '"*" or an origin such as "https://app.example.com"',
};

const subscriptionToken = section({
  enabled: flag(
    false,
    "Whether subscription tokens have these keys alone; otherwise they have those of connection tokens.",
  ),
  ...tokenEntries,
});

const personalChannel = section({
  enabled: flag(false, "Whether each user with an id is subscribed on connect to a channel of their own."),
  personal_channel_namespace: text("", "The namespace of the personal channels; empty for none."),
  single_connection: flag(
    false,
    "Whether a user's new connection closes the older ones; needs presence in the personal channel.",
  ),
});

const unidirectionalDisconnects = section({
  enabled: flag(false, "Whether these transforms count."),
  transforms: records("The code of an error that a connect is refused with, and the disconnect for it.", {
    code: count(0, "The code of the error.", { unit: "code" }),
    to: section({
      code: count(3000, "The code of the disconnect.", { unit: "code", min: 3000, max: 4999 }),
      reason: text("", "The reason of the disconnect; at most 123 bytes.", {
        pattern: { test: (reason: string) => Buffer.byteLength(reason) <= 123 },
        means: "at most 123 bytes",
      }),
    }),
  }),
});

/** Who may connect, and with what. */
const identity = {
  allowed_origins: list(
    "Origins whose pages may connect beside the one in the Host header; `*` matches labels of a name.",
    origin,
  ),
  token: v.optional(section(tokenEntries), {}),
  subscription_token: v.optional(subscriptionToken, {}),
  allow_anonymous_connect_without_token: flag(
    false,
    "Whether a client without a token is let in, as an anonymous one.",
  ),
  disallow_anonymous_connection_tokens: flag(false, "Whether a token without a user id is refused."),
  insecure: flag(false, "Whether tokens and permissions are not asked for; for development alone."),
  subscribe_to_user_personal_channel: v.optional(personalChannel, {}),
  user_id_http_header: text(
    "",
    "A header of the first request that names the user of a connection without a token; empty for none. The proxy in " +
      "front must set it, or remove it: a client that sends it is believed.",
    { pattern: /^[\w!#$%&'*+.^`|~-]*$/, means: "the name of a header" },
  ),
  connect_code_to_unidirectional_disconnect: v.optional(unidirectionalDisconnects, {}),
  connect_include_server_time: flag(false, "Whether the connect reply tells the server's time."),
};

/** Times of the Centrifuge protocol, with Centrifugo's defaults; `handshake` and `expiry` hold for the plain one too. */
const times = {
  ping_interval: duration("25s", "Time between pings; under the 30 s after which many proxies cut.", { min: "1s" }),
  pong_timeout: duration("8s", "Time for the answer to a ping, before the client counts as gone (3012).", {
    min: "1ms",
  }),
  stale_close_delay: duration("10s", "Time to connect in; traffic does not extend it, or it would guard nothing.", {
    min: "1ms",
  }),
  expired_close_delay: duration("25s", "Time after a connection's expiry in which a refresh still comes in time."),
  expired_sub_close_delay: duration(
    "25s",
    "Time after a subscription's expiry in which a refresh still comes in time.",
  ),
  presence_update_interval: duration(
    "27s",
    "The longest time in which presence may show the info from before a refresh.",
    {
      min: "1ms",
    },
  ),
  channel_position_check_delay: duration("40s", "Time between checks of a silent channel's position.", { min: "1ms" }),
  write_stall_timeout: duration("10s", "Time after which a client whose unsent bytes do not shrink is slow (3008).", {
    min: "1ms",
  }),
};

/** How much may come in, in all and for each. */
const connections = {
  connection_limit: count(
    50_000,
    "Connections of this node, or the process's open-file limit less 200 where that is smaller; 0 for that alone.",
    { unit: "connections" },
  ),
  connection_rate_limit: count(0, "Connections accepted a second (503 with Retry-After); 0 for no limit.", {
    unit: "connections/s",
  }),
  address_connection_limit: count(
    0,
    "Connections of one address (429), loopback never counted; 0 for no limit, because behind a proxy all are one.",
    { unit: "connections" },
  ),
  address_ipv6_prefix: count(
    64,
    "Bits of an IPv6 address that count as one address; a household is given a /64, so that one address means nothing.",
    { unit: "bits", min: 1, max: 128 },
  ),
  user_connection_limit: count(0, "Connections of one user (3504), anonymous ones exempt; 0 for no limit.", {
    unit: "connections",
  }),
};

/** How much one connection may do. */
const volumes = {
  channel_limit: count(128, "Channels of one connection (106); as in Centrifugo.", { unit: "channels", min: 1 }),
  queue_max_size: count(1_048_576, "Unsent bytes of one connection; over it the client is slow (3008) and recovers.", {
    unit: "bytes",
    min: 1,
  }),
  total_queue_max_size: derivedCount(
    "a quarter of the memory",
    "Unsent bytes of all connections; over it those with the most are slow (3008). The memory is the machine's, or the " +
      "cgroup's where that is less.",
    { unit: "bytes", min: 1, max: Number.MAX_SAFE_INTEGER },
  ),
  message_rate_limit: count(
    1_000,
    "Commands, frames and pings of one connection a second (111, at last 3013): far above a person, far below a flood; " +
      "0 for no limit.",
    { unit: "messages/s" },
  ),
  message_burst_limit: derivedCount(
    "2000, at least `client.channel_limit` + 1",
    "Messages that may come at once, before the rate counts. Where it is not set, a client may always connect and " +
      "subscribe to all of its channels at once.",
    { unit: "messages", min: 1 },
  ),
  bytes_rate_limit: derivedCount(
    "4194304; 0 where client.message_rate_limit is 0",
    "Bytes that one connection sends a second (111, at last 3013), and as many in answers of history and presence (111, " +
      "also after a reconnect); eight times as many of one user and one address; 0 for no limit.",
    { unit: "bytes/s" },
  ),
  bytes_burst_limit: derivedCount(
    "33554432; 0 where client.message_rate_limit is 0",
    "Bytes that may come at once, before the rate counts: at least one largest frame; 0 for no limit.",
    { unit: "bytes" },
  ),
  subscribe_rate_limit: count(
    200,
    "Subscribes of one connection a second after the first 256 or `client.channel_limit` (111), which a reconnect " +
      "needs; 0 for no limit.",
    { unit: "subscribes/s" },
  ),
  commands_per_frame_limit: count(
    256,
    "Commands in one frame (3501); `client.channel_limit` and one more if that is larger, for a reconnect.",
    {
      unit: "commands",
      min: 1,
    },
  ),
  history_max_publication_limit: count(300, "Publications in one answer of history to a client; as in Centrifugo.", {
    unit: "publications",
    min: 1,
  }),
  recovery_max_publication_limit: derivedCount(
    "the largest `history_size`, at least 300",
    "Publications that one recovery brings; more is not recovered. Where it is not set, no history is too long for it.",
    { unit: "publications", min: 1 },
  ),
  history_max_bytes: count(
    524_288,
    "Bytes of publications in one answer of history to a client, and at least one; it goes on with `since`.",
    { unit: "bytes", min: 1 },
  ),
  presence_max_bytes: count(1_048_576, "Bytes of one answer of presence to a client; a longer one is error 106.", {
    unit: "bytes",
    min: 1,
  }),
  recovery_bytes_rate_limit: count(
    1_048_576,
    "Bytes of recovered publications of one connection a second, and eight times as many of one user and one address; " +
      "over it the answer is not recovered. It survives a reconnect; 0 for no limit.",
    { unit: "bytes/s" },
  ),
  recovery_bytes_burst_limit: count(16_777_216, "Bytes that may be recovered at once, before the rate counts.", {
    unit: "bytes",
    min: 1,
  }),
  stream_share_percent: count(
    12,
    "Percent of `engine.stream_limit` and of an engine's `max_bytes` that one user, or one address of anonymous users, " +
      "may take; over it error 106. What was kept before a restart counts for no one.",
    { unit: "percent", min: 1, max: 100 },
  ),
  recovery_max_bytes: count(
    524_288,
    "Bytes of recovered publications per connect or frame; half of the queue, so that recovery does not make a client slow.",
    { unit: "bytes", min: 1 },
  ),
};

/** Hooks of connections, and how they run. */
const hooks = {
  concurrency: count(
    0,
    "Hooks of one connection that run beside its commands, whose replies may then overtake; 0 or 1 for one after the other.",
    { unit: "hooks", max: 1_024 },
  ),
  proxy: v.optional(
    section({
      connect: switchedProxy("Whether a hook decides who a client without a token is."),
      refresh: switchedProxy("Whether a hook is asked when a connection has expired, with or without a token."),
      connected: switchedProxy("Whether a back end is notified of each connection."),
      disconnect: switchedProxy("Whether a back end is notified of the end of each connection."),
    }),
    {},
  ),
};

/** `client`: who may connect, and how much each may do. */
export const client = section({ ...identity, ...times, ...connections, ...volumes, ...hooks });
