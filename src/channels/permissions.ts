import type { FilterNode } from "../core/command.ts";
import { type ClientError, errors } from "../core/errors.ts";
import type { Payload } from "../core/payload.ts";
import type { ChannelOptions } from "../options/channel.ts";
import type { Channel } from "./channel.ts";
import { fitsFormat } from "./formats.ts";
import { tagsVariant } from "./tags-filter.ts";

/** One who asks to do something in a channel. */
export interface Asker {
  /** "" is anonymous. */
  readonly user: string;
  /** Whether it is subscribed to the channel now. */
  readonly subscribed: boolean;
}

/** One who asks to subscribe. */
export interface Subscriber extends Asker {
  /** Whether it has as many subscriptions as it may. */
  readonly full: boolean;
  /** Whether it brings a token, which then alone decides. */
  readonly token: boolean;
  /** As in the command: 0 is a stream, the others are not there. */
  readonly type: number;
}

/** One who asks to publish. */
export interface Publisher extends Asker {
  /** What is published, in the form in which it would be kept. */
  readonly data: Payload;
  /** Whether it asks to set a key of a map, which no channel has. */
  readonly isMapped?: boolean;
}

const typeStream = 0;
const typeSharedPoll = 4;

/**
 * What is refused before the channel is looked up. Shared polls are refused before anything else, as Centrifugo does
 * where it has none.
 */
export function mayAskToSubscribe(asker: Subscriber, nameFault: ClientError | null): ClientError | null {
  if (asker.type === typeSharedPoll) {
    return errors.notAvailable;
  }
  if (nameFault !== null) {
    return nameFault;
  }
  if (asker.subscribed) {
    return errors.alreadySubscribed;
  }
  return asker.full ? errors.limitExceeded : null;
}

/** Whether a client may subscribe to a channel; with a token, whether it may ask, and the token says the rest. */
export function maySubscribe(channel: Channel | null, asker: Subscriber, insecure: boolean): ClientError | null {
  const refusal = mayName(channel);
  if (channel === null || refusal !== null) {
    return refusal;
  }
  return asker.type === typeStream && (asker.token || isOpen(channel, asker.user, insecure))
    ? null
    : errors.permissionDenied;
}

/** Whether a client with permission to subscribe may filter the publications by tags; null asks for all of them. */
export function mayFilter(channel: Channel | null, filter: FilterNode | null): boolean {
  if (filter === null || channel === null) {
    return true;
  }
  return channel.namespace.options.allow_tags_filter && tagsVariant(filter) !== null;
}

/**
 * Whether one may subscribe without a token. A private channel always needs a token, also where everything is allowed.
 */
function isOpen({ isPrivate, users, namespace }: Channel, user: string, insecure: boolean): boolean {
  if (isPrivate) {
    return false;
  }
  if (users !== null) {
    return insecure || users.includes(user);
  }
  const { options, hooks } = namespace;
  // The hook is asked afterwards.
  if (hooks.subscribe) {
    return true;
  }
  return insecure || (options.allow_subscribe_for_client && (user !== "" || options.allow_subscribe_for_anonymous));
}

/**
 * Whether a channel that was asked for in a connect command is given: what one could subscribe to without a token, but
 * an anonymous client is in no list of users.
 */
export function isGivenOnConnect(channel: Channel, user: string, insecure: boolean): boolean {
  const isListed = channel.users === null || user !== "" || insecure;
  // What a hook decides is not given without asking it (recorded).
  const isGiven = isListed && !channel.isAskedToSubscribe && isOpen(channel, user, insecure);
  return channel.name !== "" && channel.isWellNamed && isGiven;
}

/** Whether a client may publish. */
export function mayPublish(channel: Channel | null, asker: Publisher, insecure: boolean): ClientError | null {
  const refusal = mayName(channel);
  if (channel === null || refusal !== null) {
    return refusal;
  }
  if (asker.isMapped === true) {
    return insecure ? errors.notAvailable : errors.permissionDenied;
  }
  if (!fitsFormat(channel.namespace.dataFormat, asker.data)) {
    return errors.badRequest;
  }
  const isDecidedLater = channel.namespace.hooks.publish;
  return insecure || isDecidedLater || isAllowed(channel.namespace.options, "publish", asker)
    ? null
    : errors.permissionDenied;
}

/** Whether a client may see who is in a channel. */
export function mayPresence(channel: Channel | null, asker: Asker, insecure: boolean): ClientError | null {
  const refusal = mayName(channel);
  if (channel === null || refusal !== null) {
    return refusal;
  }
  if (!channel.namespace.options.presence) {
    return errors.notAvailable;
  }
  return insecure || isAllowed(channel.namespace.options, "presence", asker) ? null : errors.permissionDenied;
}

/** Whether a client may read a channel's history. */
export function mayHistory(channel: Channel | null, asker: Asker, insecure: boolean): ClientError | null {
  const refusal = mayName(channel);
  if (channel === null || refusal !== null) {
    return refusal;
  }
  if (channel.namespace.history === null) {
    return errors.notAvailable;
  }
  return insecure || isAllowed(channel.namespace.options, "history", asker) ? null : errors.permissionDenied;
}

/** What may be allowed to clients, to subscribers, and to either when they are anonymous. */
export type Action = "publish" | "presence" | "history";

/** Whether the namespace allows it: to clients, or to subscribers to one of them; to the anonymous only on top of that. */
export function isAllowed(options: ChannelOptions, action: Action, asker: Asker): boolean {
  const isClientAllowed =
    options[`allow_${action}_for_client`] || (asker.subscribed && options[`allow_${action}_for_subscriber`]);
  return isClientAllowed && (asker.user !== "" || options[`allow_${action}_for_anonymous`]);
}

/** Whether a client may use the name: its namespace exists, and it fits the pattern of the namespace. */
function mayName(channel: Channel | null): ClientError | null {
  if (channel === null) {
    return errors.unknownChannel;
  }
  return channel.isWellNamed ? null : errors.badRequest;
}
