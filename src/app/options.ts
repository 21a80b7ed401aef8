import type { ConnectionOptions } from "../../actors/connection/ports.ts";
import type { Config } from "../config/config.ts";
import type { SlowOptions } from "../delivery/slow-consumers.ts";

/** What the rooms take from the configuration: each its own options, none of them the whole. */
export function connectionOptions({ client }: Config, version: string): ConnectionOptions {
  return {
    version,
    handshakeTimeout: client.stale_close_delay,
    flushTimeout: client.write_stall_timeout,
    expiredCloseDelay: client.expired_close_delay,
    expiredSubscriptionCloseDelay: client.expired_sub_close_delay,
    positionCheckDelay: client.channel_position_check_delay,
    allowAnonymous: client.allow_anonymous_connect_without_token,
    disallowAnonymousTokens: client.disallow_anonymous_connection_tokens,
    insecure: client.insecure,
    includeServerTime: client.connect_include_server_time,
    singleConnection:
      client.subscribe_to_user_personal_channel.enabled && client.subscribe_to_user_personal_channel.single_connection,
    channelLimit: client.channel_limit,
    subscribeRateLimit: client.subscribe_rate_limit,
    historyPublicationsMax: client.history_max_publication_limit || Number.POSITIVE_INFINITY,
    recoveryPublicationsMax: client.recovery_max_publication_limit || Number.POSITIVE_INFINITY,
    recoveryBytesMax: client.recovery_max_bytes,
  };
}

/** When a client counts as slow. */
export function slowOptions({ client }: Config): SlowOptions {
  return { stallTimeout: client.write_stall_timeout };
}

/** How tokens are verified. */
export function tokenOptions({ client }: Config) {
  return { token: client.token, subscriptionToken: client.subscription_token };
}
