import type { ConnectionOptions } from "../../actors/connection/options.ts";
import type { Config } from "../config/config.ts";
import type { Rate } from "../core/rate.ts";
import type { SlowOptions } from "../delivery/slow-consumers.ts";
import { memoryBytes } from "../runtime/memory.ts";
import { frameBytesMax } from "./protocols.ts";

/** What the rooms take from the configuration: each its own options, none of them the whole. */
export function connectionOptions(
  { client }: Config,
  { version, hooks }: Pick<ConnectionOptions, "version" | "hooks">,
): ConnectionOptions {
  return {
    version,
    hooks,
    handshakeTimeout: client.stale_close_delay,
    flushTimeout: client.write_stall_timeout,
    expiredCloseDelay: client.expired_close_delay,
    expiredSubscriptionCloseDelay: client.expired_sub_close_delay,
    positionCheckDelay: client.channel_position_check_delay,
    presenceUpdateInterval: client.presence_update_interval,
    unidirectionalDisconnects: transformsOf(client.connect_code_to_unidirectional_disconnect),
    allowAnonymous: client.allow_anonymous_connect_without_token,
    disallowAnonymousTokens: client.disallow_anonymous_connection_tokens,
    insecure: client.insecure,
    includeServerTime: client.connect_include_server_time,
    singleConnection:
      client.subscribe_to_user_personal_channel.enabled && client.subscribe_to_user_personal_channel.single_connection,
    channelLimit: client.channel_limit,
    subscribeRate: { limit: client.subscribe_rate_limit, burst: Math.max(subscribeBurst, client.channel_limit) },
    historyPublicationsMax: client.history_max_publication_limit || Number.POSITIVE_INFINITY,
    recoveryPublicationsMax: client.recovery_max_publication_limit || Number.POSITIVE_INFINITY,
    historyBytesMax: client.history_max_bytes,
    presenceBytesMax: client.presence_max_bytes,
    streamShare: client.stream_share_percent / 100,
    recoveryBytesMax: client.recovery_max_bytes,
  };
}

/** Codes and what they are changed into; empty where that is not enabled. */
export function transformsOf<To>({
  enabled,
  transforms,
}: {
  readonly enabled: boolean;
  readonly transforms: readonly { readonly code: number; readonly to: To }[];
}): ReadonlyMap<number, To> {
  return new Map(enabled ? transforms.map(({ code, to }) => [code, to]) : []);
}

/** Subscribes before the rate counts: what a page with many channels sends at its start. */
const subscribeBurst = 256;

/** When a client counts as slow. */
export function slowOptions({ client }: Config): SlowOptions {
  return {
    stallTimeout: client.write_stall_timeout,
    totalBytesMax: client.total_queue_max_size ?? Math.floor(memoryBytes() / 4),
  };
}

/** Bytes that one connection may send where nothing is configured: 4 MiB a second, 32 MiB at once. */
const bytesRate = { limit: 4_194_304, burst: 33_554_432 };

/** The rate of bytes of one connection. Without a limit of messages there is none of bytes, unless it is set. */
export function bytesRateOf(config: Config): Rate {
  const { bytes_rate_limit, bytes_burst_limit, message_rate_limit } = config.client;
  const isLimited = message_rate_limit > 0;
  const limit = bytes_rate_limit ?? (isLimited ? bytesRate.limit : 0);
  const burst = bytes_burst_limit ?? (limit > 0 ? bytesRate.burst : 0);
  // A burst that is smaller than a frame would refuse that frame for ever.
  return burst === 0 ? { limit: 0, burst: 0 } : { limit, burst: Math.max(burst, frameBytesMax(config)) };
}

/** How tokens are verified. */
export function tokenOptions({ client }: Config) {
  return { token: client.token, subscriptionToken: client.subscription_token };
}

/** Bytes that one connection may recover a second, and at once. */
export function recoveryRate({ client }: Config): Rate {
  return { limit: client.recovery_bytes_rate_limit, burst: client.recovery_bytes_burst_limit };
}

/** Milliseconds between two ticks of the node. */
const tickMs = 50;

/** Subscribers that are notified of a loss come back at once: as many at a time as in the drain. */
export function lossOptions({ shutdown }: Config) {
  return {
    tickSize: Math.max(1, Math.round((shutdown.batch_size * tickMs) / Math.max(shutdown.batch_interval, tickMs))),
  };
}
