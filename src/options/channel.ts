import * as v from "valibot";
import { expected } from "./expectations.ts";
import { choice, count, duration, flag, list, records, section, text } from "./option.ts";
import { defaultProxy, proxyNameOption } from "./proxy.ts";

const dataFormats = ["", "json", "json_object", "binary"] as const;
const dataFormatDoc =
  "What published data must be: `json`, `json_object`, `binary` (may be empty), or anything but empty.";

/** Centrifugo's rule for the name of a namespace. */
const namespaceName = { pattern: /^[-a-zA-Z0-9_.]{2,}$/, means: "two or more letters, digits, -, _ or ." };

/** Presence, and join and leave messages. */
const presence = {
  presence: flag(false, "Whether it is known who is in the channel."),
  join_leave: flag(false, "Whether join and leave messages are published."),
  force_push_join_leave: flag(false, "Whether clients that did not ask for them receive join and leave messages too."),
  leave_grace: duration(
    "0s",
    "How long a leave waits for the same user to come back, so that a reload is no news; 0s as in Centrifugo.",
  ),
};

/** What is kept, and what a client gets of it. */
const history = {
  history_size: count(0, "Publications kept; 0 for no history.", { unit: "publications" }),
  history_ttl: duration("0s", "Time for which they are kept, from the last publication.", { wholeSeconds: true }),
  history_meta_ttl: duration("0s", "Time for which epoch and offset are kept; 0s for that of `channel`.", {
    wholeSeconds: true,
  }),
  force_positioning: flag(false, "Whether every subscription is checked for gaps."),
  allow_positioning: flag(false, "Whether a client may ask for such checks."),
  force_recovery: flag(false, "Whether every subscription gets what it missed."),
  allow_recovery: flag(false, "Whether a client may ask for what it missed."),
  force_recovery_mode: choice(
    ["", "stream", "cache"],
    "",
    "What recovery brings: all (`stream`, or empty), or the latest.",
  ),
  auto_cache_recover: flag(false, "Whether the latest publication comes with every subscribe, in the mode `cache`."),
  engine: choice(["", "memory", "sqlite"], "", "Where history is kept; empty for that of `engine.type`."),
};

/** Who may do what. `client` needs nothing more, `subscriber` a subscription; `anonymous` widens both. */
const permissions = {
  allow_subscribe_for_anonymous: flag(false, "Whether anonymous clients may subscribe where clients may."),
  allow_subscribe_for_client: flag(false, "Whether clients may subscribe."),
  allow_publish_for_anonymous: flag(false, "Whether anonymous clients may publish where clients may."),
  allow_publish_for_subscriber: flag(false, "Whether subscribers may publish."),
  allow_publish_for_client: flag(false, "Whether clients may publish."),
  allow_presence_for_anonymous: flag(false, "Whether anonymous clients may ask who is there where clients may."),
  allow_presence_for_subscriber: flag(false, "Whether subscribers may ask who is there."),
  allow_presence_for_client: flag(false, "Whether clients may ask who is there."),
  allow_history_for_anonymous: flag(false, "Whether anonymous clients may read history where clients may."),
  allow_history_for_subscriber: flag(false, "Whether subscribers may read history."),
  allow_history_for_client: flag(false, "Whether clients may read history."),
  allow_user_limited_channels: flag(false, "Whether `#` in a name limits the channel to the users after it."),
};

/** What may be in a name and in a publication, and who gets it. */
const shapes = {
  channel_regex: text("", "A pattern for the name after the namespace; without one a name is any ASCII."),
  publication_data_format: choice(dataFormats, "", `${dataFormatDoc} Empty for that of \`channel\`.`),
  allowed_delta_types: list("Formats in which a client may ask for patches of publications.", {
    pattern: /^fossil$/,
    means: "`fossil`",
  }),
  delta_publish: flag(false, "Whether publications are sent as patches to clients that asked for them."),
  allow_tags_filter: flag(false, "Whether a client may ask for the publications with certain tags alone (`tf`)."),
  exclude_publisher: flag(
    false,
    "Whether a publisher does not get its own publication back live; false as in Centrifugo.",
  ),
  plain_text: choice(
    ["string", "json"],
    "string",
    "What a plain client's text becomes: a JSON string, or the JSON it is.",
  ),
};

/** Which commands hooks decide. */
const hooks = {
  subscribe_proxy_enabled: flag(false, "Whether a hook decides who may subscribe without a token."),
  subscribe_proxy_name: proxyNameOption("subscribes"),
  publish_proxy_enabled: flag(false, "Whether a hook decides what clients may publish."),
  publish_proxy_name: proxyNameOption("publishes"),
  sub_refresh_proxy_enabled: flag(false, "Whether a hook is asked when a subscription has expired."),
  sub_refresh_proxy_name: proxyNameOption("expired subscriptions"),
  unsubscribe_proxy_enabled: flag(false, "Whether a back end is notified of the end of each subscription."),
  unsubscribe_proxy_name: proxyNameOption("ended subscriptions"),
  channel_state_proxy_enabled: flag(
    false,
    "Whether a back end is notified of the first subscriber of a channel on this node, and when the last one has left.",
  ),
  channel_state_proxy_name: proxyNameOption("the state of channels"),
};

const channelEntries = { ...presence, ...history, ...permissions, ...shapes, ...hooks };

/** `channel.namespaces`: the rules of each namespace. */
const namespacesSchema = records("Rules for the channels whose names begin with a namespace.", {
  name: v.pipe(
    v.string(expected(namespaceName.means)),
    v.regex(namespaceName.pattern, expected(namespaceName.means)),
    v.metadata({ kind: "text" }),
    v.description("The namespace: the part of a channel's name before the boundary."),
  ),
  ...channelEntries,
});

/** `channel`: names, and what holds for the channels of each namespace. */
export const channel = section({
  without_namespace: v.optional(section(channelEntries), {}),
  namespaces: namespacesSchema,
  proxy: v.optional(
    section({
      subscribe: defaultProxy(),
      publish: defaultProxy(),
      sub_refresh: defaultProxy(),
      unsubscribe: defaultProxy(),
      channel_state: defaultProxy(),
    }),
    {},
  ),
  history_meta_ttl: duration(
    "720h",
    "Time for which epoch and offset are kept where a namespace says nothing: 30 days, longer than any client is away.",
    { wholeSeconds: true },
  ),
  publication_data_format: choice(dataFormats, "", dataFormatDoc),
  idempotency_max_bytes: count(
    134_217_728,
    "Bytes of idempotency keys, of 288 each, kept for five minutes; over it a publish or message with a key is error 106.",
    { unit: "bytes", min: 1 },
  ),
  max_length: count(255, "Bytes of a channel's name (107); as in Centrifugo.", { unit: "bytes", min: 1, max: 65_535 }),
  private_prefix: text("$", "What a name begins with where subscribing needs a token; empty for no such channels."),
  namespace_boundary: text(":", "What ends the namespace in a name; empty for no namespaces."),
  user_boundary: text("#", "What begins the list of users in a user-limited channel."),
  user_separator: text(",", "The separator between those users."),
});

/** `channel`, as the rules of channels take it. */
export type ChannelConfig = v.InferOutput<typeof channel>;

/** The options of one namespace; in `channel.without_namespace` those of channels in none. */
export type ChannelOptions = ChannelConfig["without_namespace"];

/** A namespace: channels whose names begin with its own and a colon. */
export type NamespaceOptions = ChannelConfig["namespaces"][number];
