import type { SubscriptionClaims, TokenRefusal, Verdict } from "../../../src/auth/authenticator.ts";
import type { Since, Wish } from "../../../src/broker/broker.ts";
import type { SubscribeCommand } from "../../../src/core/command.ts";
import { type ClientError, errors } from "../../../src/core/errors.ts";
import type { Seconds } from "../../../src/core/time.ts";
import { untoldUnsubscribes } from "../../../src/core/unsubscribes.ts";
import type { ConnectionRecord } from "../record.ts";
import type { Asked, Joining, Subscription, Terms } from "../subscription.ts";
import { next } from "../subscription.ts";
import { type Decision, end, hasPassed, nothing, type PendingToken, refuse, reply, type View } from "./decision.ts";
import { hasRoomFor } from "./filters.ts";
import { askSubscribe } from "./questions.ts";

/** Unsubscribes of one connection that may wait for subscribe hooks; over it error 111. */
const putOffMax = 256;

/** A client's own subscribe; `isWithinRate` is false where it subscribes too often. */
export function decideSubscribe(view: View, command: SubscribeCommand, isWithinRate: boolean): readonly Decision[] {
  const { id, channel, token } = command;
  const refusal = isWithinRate ? subscribeRefusal(view, command, token !== null) : errors.tooManyRequests;
  if (refusal) return [refuse(id, refusal)];
  // The token is handed over for verification, and kept nowhere else.
  const request = token ? { ...command, token: null } : command;
  const asked: Asked = { at: "asked", channel, origin: "client", request, id };
  if (!token && view.rules.resolve(channel)?.isAskedToSubscribe) return [askSubscribe(asked, command.data)];
  if (!token) return decideGranted(view, asked, { expireAt: null });
  const subscription = next(asked, { type: "token.presented" });
  return [{ type: "verify", token, pending: { for: "subscribe", command: request, subscription } }];
}

/** The verdict on the token of a subscribe; the connection may have changed since it was sent. */
export function decideSubscribeVerdict(
  view: View,
  { command, subscription }: Extract<PendingToken, { for: "subscribe" }>,
  verdict: Verdict<SubscriptionClaims>,
): readonly Decision[] {
  const { id, channel } = command;
  if (!verdict.ok) return [refuse(id, tokenErrors[verdict.error])];
  const { value: claims } = verdict;
  if (view.rules.resolve(claims.channel) === null) return [refuse(id, errors.unknownChannel)];
  if (!isMadeFor(claims, view, channel)) return [end("token.rejected")];
  if (hasPassed(claims.expireAt, view.wall)) return [refuse(id, errors.expired)];
  const refusal = subscribeRefusal(view, command, true);
  return refusal ? [refuse(id, refusal)] : decideGranted(view, subscription, claims);
}

/** What a refused subscription token is answered with; the connection stays. */
export const tokenErrors = {
  invalid: errors.permissionDenied,
  expired: errors.tokenExpired,
  unavailable: errors.internal,
} as const satisfies Record<TokenRefusal, ClientError>;

/** Whether a token was made for this channel, this user and, where it names one, this connection. */
export function isMadeFor(claims: SubscriptionClaims, { connection }: View, channel: string): boolean {
  const isOurs = claims.user === connection.user && claims.channel === channel;
  return isOurs && (claims.client === "" || claims.client === connection.socket.id);
}

/** What is refused before a token is verified, and again after it was: the channel may be taken meanwhile. */
function subscribeRefusal(
  { connection, rules }: View,
  { channel, type }: SubscribeCommand,
  token: boolean,
): ClientError | null {
  const { subscriptions, options, user } = connection;
  return rules.maySubscribe(channel, {
    user,
    subscribed: subscriptions.has(channel) || connection.questions?.isAsking(channel) === true,
    full: subscriptions.size + (connection.questions?.subscriptions ?? 0) >= options.channelLimit,
    token,
    type,
  });
}

/** What a token or a back end says of a subscription. */
interface Claims {
  /** A hook has allowed it: what the client asks for beside the channel is not granted (recorded). */
  readonly isAsked?: true;
  readonly expireAt: Seconds | null;
  readonly info?: string | undefined;
  readonly data?: string | undefined;
  readonly override?: Parameters<View["rules"]["grant"]>[1]["override"];
}

/** The subscription is allowed: it is joined on the terms that the rules grant. */
export function decideGranted(view: View, subscription: Subscription, claims: Claims): readonly Decision[] {
  const joining = joiningOf(view, subscription, claims);
  if (!joining) return refuseUnknown(subscription);
  if (joining.origin === "client" && !view.rules.mayFilter(joining.channel, joining.request.filter)) {
    return [refuse(joining.id, errors.badRequest)];
  }
  if (joining.terms.grant.filter && !hasRoomFor(joining.terms.grant.filter, view)) {
    return [refuse(joining.id, errors.limitExceeded)];
  }
  return [{ type: "join", joining: subscription.origin === "default" ? bare(joining) : joining }];
}

/** A client that exists for one channel reads neither joins nor replays: it is sent none, and keeps no position. */
function bare(joining: Joining): Joining {
  const grant = { ...joining.terms.grant, joinLeave: false, autoCacheRecover: false, stream: null };
  return { ...joining, terms: { ...joining.terms, grant } };
}

/**
 * What is joined instead where the store has no room for the stream of a channel that the server gives: its publications
 * as they come. Refusing the connect, or ending the connection, would lock the user out of everything else until there is
 * room, and clients of streams would come back at once, again and again.
 */
export function withoutStream(joining: Joining): Joining {
  const { grant } = joining.terms;
  const live = { ...grant, stream: null, positioned: false, recoverable: false, autoCacheRecover: false, delta: null };
  return { ...joining, terms: { ...joining.terms, grant: live } };
}

function refuseUnknown(subscription: Subscription): readonly Decision[] {
  if (subscription.origin === "default") return [end("channel.forbidden")];
  const isAnswered = "id" in subscription && subscription.origin === "client";
  return isAnswered ? [refuse(subscription.id, errors.unknownChannel)] : nothing;
}

/** Null where the namespace is unknown. */
export function joiningOf(
  { connection, rules }: View,
  subscription: Subscription,
  { expireAt, info, data, override, isAsked }: Claims,
): Joining | null {
  const { channel, origin } = subscription;
  const isOwnRequest = origin === "client" && !isAsked && "request" in subscription;
  const request = isOwnRequest ? subscription.request : null;
  const asked = "request" in subscription ? subscription.request : null;
  const filter = origin === "client" && asked ? asked.filter : null;
  const grant = rules.grant(channel, { user: connection.user, request, filter, delta: asked?.delta ?? "", override });
  if (!grant) return null;
  const terms: Terms = { grant, expireAt, info, data };
  const joining = next(subscription, { type: "granted", terms });
  return joining.at === "joining" ? joining : null;
}

/** What the broker is asked for a subscription; `recoveredBytes` have been recovered in this frame already. */
export function wishOf(
  joining: Joining,
  { options, recoveredBytes }: Pick<ConnectionRecord, "options" | "recoveredBytes">,
): Wish {
  return {
    channel: joining.channel,
    options: joining.terms.grant.stream,
    since: sinceOf(joining, options, recoveredBytes),
  };
}

function sinceOf(
  { request, origin, terms: { grant } }: Joining,
  options: ConnectionRecord["options"],
  recoveredBytes: number,
): Since | null {
  // As in Centrifugo: a subscribe of a back end recovers nothing that it does not ask for.
  const isAutomatic = grant.autoCacheRecover && origin !== "server";
  const position = request.recover ?? (isAutomatic ? { offset: 0, epoch: "" } : null);
  if (position === null || !grant.recoverable) return null;
  return {
    position,
    // As recorded: what a back end asks for is recovered as a stream, also where clients recover the latest alone.
    mode: origin === "server" ? "stream" : grant.recoveryMode,
    publicationsMax: options.recoveryPublicationsMax,
    bytesMax: options.recoveryBytesMax - recoveredBytes,
    ...(grant.filter && { filter: grant.filter }),
    ...(grant.delta && { wantsTop: true }),
  };
}

/** The client takes its own subscription back; while a hook is asked about it, after the answer. */
export function decideUnsubscribe({ connection }: View, id: number, channel: string): readonly Decision[] {
  const { questions } = connection;
  if (questions?.isAsking(channel)) {
    const isFull = questions.waiting >= putOffMax;
    return [isFull ? refuse(id, errors.tooManyRequests) : { type: "put off", id, channel }];
  }
  return [{ type: "leave", channel, unsubscribe: untoldUnsubscribes.client }, reply({ id, method: "unsubscribe" })];
}
