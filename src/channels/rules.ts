import type { FilterNode } from "../core/command.ts";
import { type ClientError, errors } from "../core/errors.ts";
import type { Payload } from "../core/payload.ts";
import { createRecent } from "../core/recent.ts";
import type { ChannelConfig } from "../options/channel.ts";
import { type Channel, createChannel, splitName } from "./channel.ts";
import { fitsFormat, fromPlain } from "./formats.ts";
import { type Grant, grantSubscription, type Wish } from "./grant.ts";
import { isTooLongName, isWellFormedName } from "./name.ts";
import { createNamespace, type Namespace } from "./namespace.ts";
import type { ClientFlags } from "./options.ts";
import * as permissions from "./permissions.ts";

/**
 * What holds in which channel, and who may do what in it. Every refusal comes in the order in which a Centrifugo
 * server refuses, and says nothing of whether a channel that one may not use exists.
 */
export interface ChannelRules {
  /**
   * Error 107 where a name is longer than `channel.max_length` or is not well-formed Unicode: no door takes such a name.
   * Asked before `resolve` by everything that takes names; what clients may do is asked with it.
   */
  nameFault(name: string): ClientError | null;
  /** The channel of a name; null where its namespace is unknown: error 102, also for the API and for tokens. */
  resolve(name: string): Channel | null;
  /** The channel of a name that a back end gave; else why not: 107 where it is empty or has a fault, 102 as `resolve`. */
  find(name: string): Channel | ClientError;
  /** Whether data has the format of the channel's publications (`publication_data_format`). */
  takes(channel: Channel, data: Payload): boolean;
  /** Null: subscribe it, or look at the token that it brings. The content of a token is not checked here. */
  maySubscribe(name: string, asker: permissions.Subscriber): ClientError | null;
  /** Asked of a subscription that a token, a hook or the namespace has allowed (recorded). */
  mayFilter(name: string, filter: FilterNode | null): boolean;
  mayPublish(name: string, asker: permissions.Publisher): ClientError | null;
  /** The payload of a client without a protocol, as the namespace keeps it. */
  fromPlain(data: Payload, namespace: Namespace): Payload;
  /** For presence and presence_stats. */
  mayPresence(name: string, asker: permissions.Asker): ClientError | null;
  mayHistory(name: string, asker: permissions.Asker): ClientError | null;
  /** What a subscription has that may be made; null where the namespace is unknown. */
  grant(name: string, wish: Wish): Grant | null;
  /** What becomes of a channel that was asked for in a connect command. `unknown` ends the connection with 3501. */
  onConnect(name: string, user: string): "given" | "left out" | "unknown";
  /** The channel that a user is subscribed to on connecting; null where there is none. */
  personalChannel(user: string): string | null;
}

/** Resolved names kept, in each of two generations: publishes ask for the same few again and again. */
const recentMax = 4_096;
/** Longer names are resolved anew each time: kept, they would let clients fill the memory. */
const recentLengthMax = 256;

/** Channels that code declares, beside those of the configuration. */
export interface DeclaredChannels {
  /** Whether the history of one of them is kept on the disk. */
  readonly isDurable: boolean;
  /**
   * What holds in the channel of a name. `unknown`: the name is in a namespace that code declares, and none of its
   * channels has it. Null: the configuration decides.
   */
  resolve(name: string): Namespace | "unknown" | null;
}

/** Makes the rules of a configuration. Throws where a `channel_regex` is not valid. */
export function createChannelRules(
  config: ChannelConfig,
  flags: ClientFlags,
  declared: DeclaredChannels | null = null,
): ChannelRules {
  const { insecure } = flags;
  const place = { channel: config, engine: flags.engine };
  const namespaces = new Map<string, Namespace>(
    config.namespaces.map((options) => [options.name, createNamespace(options.name, options, place)]),
  );
  // A name that begins with the boundary has no namespace either, whatever the namespaces are called.
  namespaces.set("", createNamespace("", config.without_namespace, place));
  const recent = createRecent<Channel>(recentMax);

  function resolve(name: string): Channel | null {
    const known = recent.get(name);
    if (known !== undefined) {
      return known;
    }
    if (flags.reserved && name.startsWith(flags.reserved)) {
      return null;
    }
    const parts = splitName(name, config);
    const namespace = declared?.resolve(name) ?? namespaces.get(parts.namespace);
    if (namespace === undefined || namespace === "unknown") {
      return null;
    }
    const channel = createChannel(name, parts.rest, { namespace, config });
    if (name.length <= recentLengthMax) {
      recent.set(name, channel);
    }
    return channel;
  }

  const nameFault = (name: string): ClientError | null =>
    isTooLongName(name, config.max_length) || !isWellFormedName(name) ? errors.badRequest : null;

  return {
    nameFault,
    resolve,
    find: (name) => (name === "" ? errors.badRequest : (nameFault(name) ?? resolve(name) ?? errors.unknownChannel)),
    takes: ({ namespace }, data) => fitsFormat(namespace.dataFormat, data),
    maySubscribe: (name, asker) =>
      permissions.mayAskToSubscribe(asker, nameFault(name)) ?? permissions.maySubscribe(resolve(name), asker, insecure),
    mayFilter: (name, filter) => permissions.mayFilter(resolve(name), filter),
    mayPublish: (name, asker) => nameFault(name) ?? permissions.mayPublish(resolve(name), asker, insecure),
    fromPlain,
    mayPresence: (name, asker) => nameFault(name) ?? permissions.mayPresence(resolve(name), asker, insecure),
    mayHistory: (name, asker) => nameFault(name) ?? permissions.mayHistory(resolve(name), asker, insecure),
    grant: (name, wish) => {
      const channel = resolve(name);
      return channel === null ? null : grantSubscription(channel.namespace, wish, insecure);
    },
    onConnect: (name, user) => {
      const channel = resolve(name);
      if (channel === null) {
        return "unknown";
      }
      return permissions.isGivenOnConnect(channel, user, insecure) ? "given" : "left out";
    },
    personalChannel: (user) => personalChannel(user, config, flags),
  };
}

/** `NAMESPACE:#USER`, or `#USER` without a namespace. Anonymous users have none. */
function personalChannel(user: string, config: ChannelConfig, flags: ClientFlags): string | null {
  const { enabled, personal_channel_namespace: namespace } = flags.subscribe_to_user_personal_channel;
  if (!enabled || user === "") {
    return null;
  }
  const prefix = namespace === "" ? "" : namespace + config.namespace_boundary;
  return prefix + config.user_boundary + user;
}
