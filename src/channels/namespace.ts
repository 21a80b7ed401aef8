import { RE2JS } from "re2js";
import type { HistoryOptions } from "../broker/broker.ts";
import type { ChannelConfig, ChannelOptions } from "../options/channel.ts";
import type { Engine, PublicationDataFormat } from "./options.ts";

/** A namespace's options, made ready to be asked for every command. */
export interface Namespace {
  /** "" for channels in none. */
  readonly name: string;
  readonly options: ChannelOptions;
  /** How publications are kept; null where none is, and the history command is not available. */
  readonly history: HistoryOptions | null;
  /**
   * How positions are kept: as the history where there is one. Without one a stream can still be joined, by those whom
   * a token's override or `client.insecure` grants a position: its top stays 0, and its epoch shows a restart.
   */
  readonly stream: HistoryOptions;
  readonly recoveryMode: "stream" | "cache";
  readonly dataFormat: PublicationDataFormat;
  /** Matches what follows the namespace in a name; null where any ASCII does. */
  readonly pattern: Pattern | null;
  /** Which of its commands are decided by hooks, and not by the permissions of clients. */
  readonly hooks: NamespaceHooks;
}

/** Which commands of a namespace are decided by hooks. */
interface NamespaceHooks {
  readonly subscribe: boolean;
  readonly publish: boolean;
  /** Asked when a subscription has expired. */
  readonly subRefresh: boolean;
}

/** What the configuration turns on. */
function configuredHooks(options: ChannelOptions): NamespaceHooks {
  return {
    subscribe: options.subscribe_proxy_enabled,
    publish: options.publish_proxy_enabled,
    subRefresh: options.sub_refresh_proxy_enabled,
  };
}

/** A compiled `channel_regex`. */
export interface Pattern {
  test(name: string): boolean;
}

/**
 * Compiles a `channel_regex`. The names that it meets come from clients, so it must not be possible to keep it busy:
 * RE2 takes time that grows with the name and no faster, and has the syntax that Centrifugo's users know.
 *
 * @throws Error where the pattern is not valid; the configuration says so before it gets here
 */
export function compilePattern(pattern: string): Pattern {
  return RE2JS.compile(pattern);
}

/** What a namespace takes from its surroundings. */
interface NamespacePlace {
  readonly channel: ChannelConfig;
  readonly engine: Engine;
  readonly hooks?: NamespaceHooks;
}

/** Makes the namespace of some options ready, with the defaults of all channels filled in. */
export function createNamespace(
  name: string,
  options: ChannelOptions,
  { channel, engine, hooks = configuredHooks(options) }: NamespacePlace,
): Namespace {
  const metaTtl = options.history_meta_ttl > 0 ? options.history_meta_ttl : channel.history_meta_ttl;
  const isKept = options.history_size > 0 && options.history_ttl > 0;
  const history: HistoryOptions | null = isKept
    ? {
        durable: (options.engine === "" ? engine : options.engine) === "sqlite",
        size: options.history_size,
        ttl: options.history_ttl,
        metaTtl,
      }
    : null;
  return {
    name,
    options,
    history,
    stream: history ?? { durable: false, size: 1, ttl: metaTtl, metaTtl },
    recoveryMode: options.force_recovery_mode === "cache" ? "cache" : "stream",
    dataFormat:
      options.publication_data_format === "" ? channel.publication_data_format : options.publication_data_format,
    pattern: options.channel_regex === "" ? null : compilePattern(options.channel_regex),
    hooks,
  };
}
