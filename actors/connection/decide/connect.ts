import type { Verdict } from "../../../src/auth/authenticator.ts";
import type { ConnectCommand } from "../../../src/core/command.ts";
import { deviceInJson } from "../../../src/core/device.ts";
import { anonymous, type Identity, type ServerSubscription } from "../../../src/core/identity.ts";
import type { SubscribeResult } from "../../../src/core/reply.ts";
import type { Refusal } from "../endings.ts";
import { type Asked, bareRequest, type Joining } from "../subscription.ts";
import { type Decision, end, hasPassed, nothing, reply, ttlUntil, type View } from "./decision.ts";
import { watchConnection } from "./expiry.ts";
import { firstPing } from "./heartbeat.ts";
import { entered, type JoinAnswer, resultOf } from "./joined.ts";
import { askConnect, askSubscribe } from "./questions.ts";
import { decideGranted, joiningOf } from "./subscribe.ts";

/** The client's credentials have come. */
export function decideConnect(view: View, command: ConnectCommand): readonly Decision[] {
  if (view.hooks?.connect(command.token?.read() ?? "")) return [askConnect(command)];
  if (command.token) {
    return [
      { type: "verify", token: command.token, pending: { for: "connect", command: { ...command, token: null } } },
    ];
  }
  return decideAnonymous(view, command);
}

/** The client brings no credentials, or a hook says nothing of it. */
export function decideAnonymous(view: View, command: ConnectCommand): readonly Decision[] {
  const { headerUser } = view.connection.socket;
  if (headerUser !== undefined) {
    // As recorded: what the connect command asks for is not granted.
    return decideIdentified(view, command, { ...anonymous, user: headerUser, isComplete: true });
  }
  return admitsAnonymous(view.connection) ? decideIdentified(view, command, anonymous) : refused(command, "missing");
}

function admitsAnonymous({ options, socket }: View["connection"]): boolean {
  return options.allowAnonymous || options.insecure || socket.capabilities.admitsAnonymous;
}

/**
 * Whether a connect waits for no answer: it has neither credentials nor channels, anonymous clients are admitted, no
 * hook is asked, and the Hub counts the connections of named users alone.
 */
export function isAdmittedAtOnce(connection: View["connection"], { token, subs }: ConnectCommand): boolean {
  if (connection.socket.headerUser !== undefined) return false;
  return token === null && subs.size === 0 && connection.options.hooks === null && admitsAnonymous(connection);
}

/** The verdict on the connection's token. */
export function decideConnectVerdict(
  view: View,
  command: ConnectCommand,
  verdict: Verdict<Identity>,
): readonly Decision[] {
  const { insecure, disallowAnonymousTokens } = view.connection.options;
  if (!verdict.ok) return refused(command, verdict.error);
  const { value: claims } = verdict;
  if (claims.user === "" && disallowAnonymousTokens) return refused(command, "anonymous");
  if (insecure) return decideIdentified(view, command, { ...claims, expireAt: null });
  // As recorded: channels that cannot be given are refused before an expiry that has passed.
  const isPast = hasPassed(claims.expireAt, view.wall) && channelFault(view, claims, command) === null;
  return isPast ? refused(command, "passed") : decideIdentified(view, command, claims);
}

function refused({ id }: ConnectCommand, refusal: Refusal): readonly Decision[] {
  return [{ type: "refuse connect", id, refusal }];
}

/** The client is known: the Hub is asked for admission. */
export function decideIdentified(
  view: View,
  connect: ConnectCommand,
  identity: Identity,
  welcome?: string,
): readonly Decision[] {
  const fault = channelFault(view, identity, connect);
  if (fault) return refused(connect, fault);
  const identified = { ...identity, ...deviceIn(identity, connect) };
  return [{ type: "identify", identity: identified, connect, ...(welcome !== undefined && { welcome }) }];
}

/** The device that the client names, where its token names none. */
function deviceIn({ user, device }: Identity, { data }: ConnectCommand): Pick<Identity, "device"> {
  const payload = user === "" || device !== undefined ? null : data?.read();
  const named = payload?.kind === "json" ? deviceInJson(payload.json) : "";
  return named === "" ? {} : { device: named };
}

/** What is wrong with the channels that a connection would have from the start. */
function channelFault(view: View, identity: Identity, { subs }: ConnectCommand): Refusal | null {
  const connect = { subs: identity.isComplete ? noSubs : subs };
  const own = ownChannel(view, identity);
  if (own !== null && view.rules.nameFault(own) !== null) return "bad channel";
  if (identity.subscriptions.length === 0 && connect.subs.size === 0 && identity.user === "") return null;
  const names = [...identity.subscriptions.map(({ channel }) => channel), ...connect.subs.keys()];
  if (names.some((channel) => view.rules.nameFault(channel) !== null)) return "bad channel";
  const isKnown = (channel: string) => view.rules.resolve(channel) !== null;
  if (!identity.subscriptions.every(({ channel }) => isKnown(channel))) return "unknown channel";
  if (![...connect.subs.keys()].every(isKnown)) return "missing";
  const { length } = firstSubscriptions(view, identity, connect);
  return length > view.connection.options.channelLimit ? "too many channels" : null;
}

/** The channel that a plain client was opened for, or else that of its user; null for none. */
function ownChannel({ connection: { socket }, rules }: View, { user }: Identity): string | null {
  return socket.capabilities.hasDefaultChannel ? socket.defaultChannel : rules.personalChannel(user);
}

const noSubs: ConnectCommand["subs"] = new Map();

/** The channels that a connection has from the start: its token's, its user's own, and those it asks for and may have. */
function firstSubscriptions(
  { rules }: Pick<View, "rules">,
  { user, subscriptions: given, isComplete }: Identity,
  { subs: asked }: Pick<ConnectCommand, "subs">,
): readonly ServerSubscription[] {
  const subs = isComplete ? noSubs : asked;
  // As recorded: an empty name is no channel, and no mistake either.
  const subscriptions = given.some(({ channel }) => channel === "") ? given.filter(({ channel }) => channel) : given;
  const personal = rules.personalChannel(user);
  if (personal === null && subs.size === 0) return subscriptions;
  const found = new Map(subscriptions.map((each) => [each.channel, each]));
  if (personal !== null && !found.has(personal)) found.set(personal, { channel: personal });
  for (const channel of subs.keys()) {
    if (channel !== "" && !found.has(channel) && rules.onConnect(channel, user) === "given")
      found.set(channel, { channel });
  }
  return [...found.values()];
}

/** The Hub has admitted the connection: the first thing that its client receives, and the channels it has from the start. */
export function decideAdmitted(view: View): readonly Decision[] {
  const { connection } = view;
  const { canReadErrors, isUnidirectional, hasDefaultChannel } = connection.socket.capabilities;
  const admitted: readonly Decision[] = [{ type: "log admission" }, ...expiryOf(view)];
  if (hasDefaultChannel) return [...admitted, ...decideDefaultChannel(view)];
  const isGreeted = canReadErrors || isUnidirectional;
  return [...admitted, isGreeted ? { type: "greet", joinings: firstJoinings(view) } : { type: "settle" }];
}

function expiryOf(view: View): readonly Decision[] {
  const { expireAt } = view.connection;
  return expireAt === null ? nothing : [watchConnection(view, expireAt)];
}

/** A connection for one channel has no purpose without it. */
function decideDefaultChannel(view: View): readonly Decision[] {
  const { connection, rules } = view;
  const { options, user } = connection;
  const channel = connection.socket.defaultChannel;
  const asked: Asked = { at: "asked", channel, origin: "default", request: bareRequest, id: 0 };
  const asker = { user, subscribed: false, full: options.channelLimit < 1, token: false, type: 0, filter: null };
  if (channel === "" || rules.maySubscribe(channel, asker)) return [end("channel.forbidden")];
  return rules.resolve(channel)?.isAskedToSubscribe
    ? [askSubscribe(asked, null)]
    : decideGranted(view, asked, { expireAt: null });
}

function firstJoinings(view: View): readonly Joining[] {
  const { identity, connect } = view.connection;
  if (!identity || !connect) return [];
  return firstSubscriptions(view, identity, connect).flatMap(({ channel, info, data, override }) => {
    const request = connect.subs.get(channel) ?? bareRequest;
    const asked: Asked = { at: "asked", channel, origin: "connect", request, id: 0 };
    return joiningOf(view, asked, { expireAt: null, info, data, override }) ?? [];
  });
}

/** One channel of the connect, and what the broker has answered. */
export interface JoinedChannel extends JoinAnswer {
  readonly joining: Joining;
}

/**
 * All channels of the connect were joined, and attached: the client receives each. Where one could not be joined it is
 * shown none: with the others alone it would take this one for taken away.
 */
export function decideGreeting(view: View, joins: readonly JoinedChannel[]): readonly Decision[] {
  const { connection, wall } = view;
  const { socket, options } = connection;
  const { interval, timeout } = socket.heartbeat;
  const subs = new Map<string, SubscribeResult>();
  for (const { joining, joined, since } of joins) {
    if (joined === null) return [{ type: "detach all" }, end("channel.failed")];
    subs.set(joining.channel, resultOf(view, joining, { joined, since }));
  }
  const greeting = reply({
    id: connection.connect?.id ?? 0,
    method: "connect",
    result: {
      client: socket.id,
      version: options.version,
      subs,
      ttl: options.hooks?.ownsExpiry ? null : ttlUntil(connection.expireAt, wall),
      ping: socket.capabilities.hasNativePing || interval === 0 ? null : Math.round(interval / 1000),
      pong: timeout > 0,
      time: options.includeServerTime ? Math.round(wall) : null,
      ...(connection.welcome !== null && { data: connection.welcome }),
    },
  });
  const attached = [...connection.subscriptions.values()];
  const alone: readonly Decision[] =
    options.singleConnection && connection.user !== "" ? [{ type: "be alone" }] : nothing;
  return [greeting, ...attached.flatMap((subscription) => entered(view, subscription)), ...alone, { type: "settle" }];
}

/** The client has its channels: from here on it is kept alive, and it receives what waited for its user. */
export function decideSettled(view: View, random: number): readonly Decision[] {
  const { socket, user } = view.connection;
  const isWaitedFor = user !== "" && socket.capabilities.canReceiveMessages;
  return [...firstPing(view, random), ...(isWaitedFor ? [{ type: "deliver messages" } as const] : nothing)];
}
