import * as v from "valibot";
import type { ClientFlags } from "../../src/channels/options.ts";
import { type ChannelConfig, type ChannelOptions, channel, type NamespaceOptions } from "../../src/options/channel.ts";

const defaults = v.parse(channel, {});

/** The defaults: nothing is kept, and no client may do anything. */
export const closedOptions: ChannelOptions = defaults.without_namespace;

/** A configuration that differs from the defaults in what a test is about. */
export function channelConfig(
  withoutNamespace: Partial<ChannelOptions>,
  namespaces: readonly (Partial<NamespaceOptions> & { readonly name: string })[] = [],
  rest: Partial<ChannelConfig> = {},
): ChannelConfig {
  return {
    ...defaults,
    without_namespace: { ...closedOptions, ...withoutNamespace },
    namespaces: namespaces.map((options) => ({ ...closedOptions, ...options })),
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
