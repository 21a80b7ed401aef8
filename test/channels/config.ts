import type { ChannelConfig, ChannelOptions, ClientFlags, NamespaceOptions } from "../../src/channels/options.ts";

/** Centrifugo's defaults: nothing is kept, and nobody may do anything. */
export const closedOptions: ChannelOptions = {
  presence: false,
  join_leave: false,
  force_push_join_leave: false,
  history_size: 0,
  history_ttl: 0,
  history_meta_ttl: 0,
  force_positioning: false,
  allow_positioning: false,
  force_recovery: false,
  allow_recovery: false,
  force_recovery_mode: "",
  auto_cache_recover: false,
  allow_subscribe_for_client: false,
  allow_subscribe_for_anonymous: false,
  allow_publish_for_client: false,
  allow_publish_for_subscriber: false,
  allow_publish_for_anonymous: false,
  allow_presence_for_client: false,
  allow_presence_for_subscriber: false,
  allow_presence_for_anonymous: false,
  allow_history_for_client: false,
  allow_history_for_subscriber: false,
  allow_history_for_anonymous: false,
  allow_user_limited_channels: false,
  channel_regex: "",
  publication_data_format: "",
  exclude_publisher: false,
  leave_grace: 0,
  plain_text: "string",
  engine: "",
};

/** A configuration that differs from the defaults in what a test is about. */
export function channelConfig(
  withoutNamespace: Partial<ChannelOptions>,
  namespaces: readonly (Partial<NamespaceOptions> & { readonly name: string })[] = [],
  rest: Partial<ChannelConfig> = {},
): ChannelConfig {
  return {
    without_namespace: { ...closedOptions, ...withoutNamespace },
    namespaces: namespaces.map((options) => ({ ...closedOptions, ...options })),
    history_meta_ttl: 2_592_000_000,
    publication_data_format: "",
    max_length: 255,
    private_prefix: "$",
    namespace_boundary: ":",
    user_boundary: "#",
    user_separator: ",",
    ...rest,
  };
}

export function flags(changes: Partial<ClientFlags> = {}): ClientFlags {
  return {
    insecure: false,
    engine: "sqlite",
    subscribe_to_user_personal_channel: { enabled: false, personal_channel_namespace: "" },
    ...changes,
  };
}
