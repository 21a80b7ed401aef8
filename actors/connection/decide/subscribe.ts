import type { SubscriptionClaims, TokenRefusal, Verdict } from "../../../src/auth/authenticator.ts";
import type { Joined, Since, Wish } from "../../../src/broker/broker.ts";
import { rejectsUnrecovered, type SubscribeCommand } from "../../../src/core/command.ts";
import { type ClientError, errors } from "../../../src/core/errors.ts";
import { deltaForms, type Publication } from "../../../src/core/publication.ts";
import { framedSize, publicationsSize } from "../../../src/core/publication-size.ts";
import type { SubscribeResult } from "../../../src/core/reply.ts";
import type { Seconds } from "../../../src/core/time.ts";
import { untoldUnsubscribes } from "../../../src/core/unsubscribes.ts";
import type { ConnectionRecord } from "../record.ts";
import type { Asked, Joining, Origin, Subscribed, Subscription, Terms } from "../subscription.ts";
import { next } from "../subscription.ts";
import {
  type Decision,
  end,
  hasPassed,
  nothing,
  type PendingToken,
  refuse,
  reply,
  ttlUntil,
  type View,
} from "./decision.ts";
import { watchSubscription, withEnd } from "./expiry.ts";
import { filterTokens, hasRoomFor } from "./filters.ts";
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

/** What the broker has answered to a join; null: the channel's stream can be neither read nor begun, for this error. */
export interface JoinAnswer {
  readonly joined: Joined | null;
  readonly error?: ClientError | undefined;
  readonly since: Since | null;
}

/**
 * What follows from a join, decided inside of it, in step with the channel's deliveries: the result says where the
 * client stands, and the very next publication reaches it.
 */
export function decideJoined(view: View, joining: Joining, answer: JoinAnswer): readonly Decision[] {
  const { joined, since, error } = answer;
  if (joined === null) return failed(joining, error ?? errors.internal);
  const isLost = since?.mode === "stream" && !joined.recovered;
  if (isLost && joining.origin === "client" && rejectsUnrecovered(joining.request)) {
    return failed(joining, errors.unrecoverablePosition);
  }
  const begun = next(joining, { type: "joined", joined });
  if (begun.at !== "subscribed") return nothing;
  const subscription = withEnd(begun, view);
  const recoveredBytes = publicationsSize(joined.publications);
  const framedBytes = framedSize(joined.publications);
  const tokens = filterTokens(joining, joined, since);
  const attach: Decision = {
    type: "attach",
    subscription,
    recoveredBytes,
    framedBytes,
    tokens,
    ...baseOf(joining, joined),
  };
  const { origin, channel, id } = joining;
  switch (origin) {
    case "connect":
      return [attach];
    case "default":
      return [attach, ...entered(view, subscription), { type: "settle" }];
    case "client": {
      const result = resultOf(view, joining, { joined, since });
      return [attach, reply({ id, method: "subscribe", result }), ...entered(view, subscription)];
    }
    case "server": {
      const result = resultOf(view, joining, { joined, since });
      return [attach, { type: "push", push: { type: "subscribe", channel, result } }, ...entered(view, subscription)];
    }
  }
}

/** The publication that the next one is a patch of: the last one that the client has. */
function baseOf({ terms: { grant } }: Joining, { recovered, publications, top }: Joined) {
  const base = grant.delta && recovered ? (publications.at(-1) ?? top) : undefined;
  return base && { base };
}

/** A client reads an error; where the server gives a channel, its client could not notice that it is missing. */
function failed(
  { origin, id }: { readonly origin: Origin; readonly id: number },
  error: ClientError,
): readonly Decision[] {
  return [origin === "client" ? refuse(id, error) : end("channel.failed")];
}

/** Others see who has come. After the result was written: a client's own join follows its subscribe reply. */
export function entered(view: View, subscription: Subscribed): readonly Decision[] {
  return [{ type: "enter", subscription }, ...watchSubscription(view, subscription)];
}

/** The client's position: recovered publications follow the one that it asked from, else it is the top. */
export function resultOf(
  { wall }: View,
  { request, terms: { grant, data, expireAt } }: Joining,
  { joined, since }: { readonly joined: Joined; readonly since: Since | null },
): SubscribeResult {
  const offset = joined.recovered && since ? since.position.offset : joined.position.offset;
  return {
    ttl: grant.namespace.hooks.subRefresh ? null : ttlUntil(expireAt, wall),
    recoverable: grant.recoverable,
    positioned: grant.positioned,
    position: grant.positioned ? { offset, epoch: joined.position.epoch } : null,
    publications: formsOf(grant, joined.publications),
    ...(grant.delta && { delta: true }),
    recovered: joined.recovered,
    wasRecovering: request.recover !== null || since !== null,
    ...(data !== undefined && { data }),
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

function formsOf({ filter, delta }: Joining["terms"]["grant"], publications: readonly Publication[]) {
  if (filter) return publications.filter(filter.matches);
  return delta ? deltaForms(publications) : publications;
}
