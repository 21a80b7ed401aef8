/**
 * What the configuration says of channels, under the names that Centrifugo gives its options. Durations are numbers of
 * milliseconds.
 */

/** The options of one namespace; in `channel.without_namespace` those of channels in none. */
export interface ChannelOptions {
  /** Keeps who is in a channel. */
  readonly presence: boolean;
  /** Tells of clients that come and go, to those who may hear it. */
  readonly join_leave: boolean;
  /** Every subscriber hears joins and leaves, also without asking. */
  readonly force_push_join_leave: boolean;
  /** Publications kept; with a size or a TTL of 0 none is. */
  readonly history_size: number;
  /** How long after the last publication all are kept. */
  readonly history_ttl: number;
  /** How long a stream is remembered that nobody reads or writes; 0 is `channel.history_meta_ttl`. */
  readonly history_meta_ttl: number;
  /** Every subscriber keeps its position. */
  readonly force_positioning: boolean;
  /** A subscriber that asks keeps its position. */
  readonly allow_positioning: boolean;
  /** Every subscriber is recovered after it was away. */
  readonly force_recovery: boolean;
  /** A subscriber that asks is recovered after it was away. */
  readonly allow_recovery: boolean;
  /** How it is recovered: by all that it missed, or by the latest publication alone. "" is `stream`. */
  readonly force_recovery_mode: "" | "stream" | "cache";
  /** In cache mode the latest publication comes also without asking. */
  readonly auto_cache_recover: boolean;
  readonly allow_subscribe_for_client: boolean;
  /** Widens `allow_subscribe_for_client` to users without a name; alone it allows nobody anything. So do its likes. */
  readonly allow_subscribe_for_anonymous: boolean;
  readonly allow_publish_for_client: boolean;
  readonly allow_publish_for_subscriber: boolean;
  readonly allow_publish_for_anonymous: boolean;
  readonly allow_presence_for_client: boolean;
  readonly allow_presence_for_subscriber: boolean;
  readonly allow_presence_for_anonymous: boolean;
  readonly allow_history_for_client: boolean;
  readonly allow_history_for_subscriber: boolean;
  readonly allow_history_for_anonymous: boolean;
  /** Names may list the users who may subscribe: `dialog#ann,bob`. */
  readonly allow_user_limited_channels: boolean;
  /** What names look like after the namespace, in RE2's syntax; "" is anything in ASCII. */
  readonly channel_regex: string;
  /** What a publication has to be; "" is `channel.publication_data_format`. */
  readonly publication_data_format: PublicationDataFormat;
  /** The publisher does not receive its own publication live. */
  readonly exclude_publisher: boolean;
  /** How long a leave waits for the same user to come back. */
  readonly leave_grace: number;
  /** What a plain client's text becomes: a JSON string, or the JSON that it is, where it is. */
  readonly plain_text: "string" | "json";
  /** Where the history is kept; "" is `engine.type`. */
  readonly engine: "" | Engine;
}

export type Engine = "memory" | "sqlite";

/** `json` and `json_object` are checked, `binary` takes everything, also nothing; "" takes everything but nothing. */
export type PublicationDataFormat = "" | "json" | "json_object" | "binary";

/** A namespace: channels whose names begin with its own and a colon. */
export interface NamespaceOptions extends ChannelOptions {
  readonly name: string;
}

/** The part of the configuration named `channel`. */
export interface ChannelConfig {
  readonly without_namespace: ChannelOptions;
  readonly namespaces: readonly NamespaceOptions[];
  readonly history_meta_ttl: number;
  readonly publication_data_format: PublicationDataFormat;
  /** Bytes of a name that one subscribes to; 0 is no limit. */
  readonly max_length: number;
  /** What names begin with that need a subscription token; "" turns it off, as it does for those below. */
  readonly private_prefix: string;
  /** What stands between namespace and channel. */
  readonly namespace_boundary: string;
  /** What stands before the users of a channel that is limited to them, and what between them. */
  readonly user_boundary: string;
  readonly user_separator: string;
}

/** What else the rules of channels depend on. */
export interface ClientFlags {
  /** `client.insecure`: everyone may do everything, but for what needs a token or a feature that is off. */
  readonly insecure: boolean;
  /** `engine.type` */
  readonly engine: Engine;
  /** `client.subscribe_to_user_personal_channel` */
  readonly subscribe_to_user_personal_channel: {
    readonly enabled: boolean;
    readonly personal_channel_namespace: string;
  };
}
