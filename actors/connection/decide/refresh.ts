import type { SubscriptionClaims, Verdict } from "../../../src/auth/authenticator.ts";
import type { Command } from "../../../src/core/command.ts";
import { errors } from "../../../src/core/errors.ts";
import type { Identity } from "../../../src/core/identity.ts";
import type { Token } from "../../../src/core/sealed.ts";
import { isServerSide, next } from "../subscription.ts";
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
import { watchConnection, watchExpiries, watchPresence, withEnd } from "./expiry.ts";
import { isMadeFor, tokenErrors } from "./subscribe.ts";

/** The client sends a new token for its connection. */
export function decideRefresh(id: number, token: Token): readonly Decision[] {
  return [{ type: "verify", token, pending: { for: "refresh", id } }];
}

/** The verdict on a new token for the connection. */
export function decideRefreshVerdict(view: View, id: number, verdict: Verdict<Identity>): readonly Decision[] {
  const { connection, wall } = view;
  if (!verdict.ok) {
    if (verdict.error === "unavailable") return [refuse(id, errors.internal)];
    return [end(verdict.error === "invalid" ? "token.rejected" : "token.outdated")];
  }
  const { user, expireAt, info, meta, subscriptions } = verdict.value;
  // As recorded: channels are looked up before anything else of the token counts.
  if (subscriptions.some(({ channel }) => view.rules.resolve(channel) === null)) {
    return [refuse(id, errors.unknownChannel)];
  }
  if (user !== connection.identity?.user) return [end("token.rejected")];
  if (!hasSameSubscriptions(view, verdict.value)) return [end("subscriptions.differ")];
  if (hasPassed(expireAt, wall)) return [refuse(id, errors.expired)];
  return [
    { type: "set expiry", expireAt, info, meta },
    watchConnection(view, expireAt),
    ...watchPresence(view, info),
    reply({ id, method: "refresh", result: { ttl: ttlUntil(expireAt, wall) } }),
  ];
}

/**
 * Whether a new token leaves the channels of the connection as they are: it names the subscriptions that came with the old
 * token and were not left since, and no channel that the connection does not have. Other channels need a new connection
 * (3010). The channels that a hook gave are not compared.
 */
function hasSameSubscriptions({ connection }: View, { subscriptions }: Identity): boolean {
  const { identity } = connection;
  const names = new Set(subscriptions.map(({ channel }) => channel));
  const had = identity?.isComplete ? [] : (identity?.subscriptions ?? []);
  const isOfToken = (channel: string) => connection.subscriptions.get(channel)?.origin === "connect";
  return (
    had.every(({ channel }) => names.has(channel) || !isOfToken(channel)) &&
    [...names].every((name) => connection.subscriptions.has(name))
  );
}

/** The client sends a new token for one of its subscriptions. */
export function decideSubRefresh(
  { connection }: View,
  { id, channel, token }: Extract<Command, { method: "sub_refresh" }>,
): readonly Decision[] {
  const subscription = connection.subscriptions.get(channel);
  if (!subscription) return [refuse(id, errors.permissionDenied)];
  // The server asks at the expiry, and the client knows of none.
  if (isServerSide(subscription) || subscription.asksAtExpiry) return [end("command.unexpected")];
  if (!token) return [refuse(id, errors.badRequest)];
  return [{ type: "verify", token, pending: { for: "sub_refresh", id, subscription } }];
}

/** The verdict on a new token for a subscription. */
export function decideSubRefreshVerdict(
  view: View,
  { id, subscription }: Extract<PendingToken, { for: "sub_refresh" }>,
  verdict: Verdict<SubscriptionClaims>,
): readonly Decision[] {
  const { channel } = subscription;
  // A back end may have ended it while its token was verified, and begun another one, which this is not about.
  if (view.connection.subscriptions.get(channel) !== subscription) return [refuse(id, errors.permissionDenied)];
  if (!verdict.ok) {
    if (verdict.error === "unavailable") return [refuse(id, tokenErrors.unavailable)];
    return [end(verdict.error === "invalid" ? "token.rejected" : "subscription.expired")];
  }
  const { value: claims } = verdict;
  if (view.rules.resolve(claims.channel) === null) return [refuse(id, errors.unknownChannel)];
  if (!isMadeFor(claims, view, channel)) return [end("token.rejected")];
  if (hasPassed(claims.expireAt, view.wall)) return [refuse(id, errors.expired)];
  const renewed = next(subscription, { type: "refreshed", expireAt: claims.expireAt, info: claims.info });
  if (renewed.at !== "subscribed") return nothing;
  const refreshed = withEnd(renewed, view);
  return [
    { type: "update", subscription: refreshed },
    ...watchExpiries(view, refreshed, new Set([channel])),
    ...watchPresence(view, claims.info ?? ""),
    reply({ id, method: "sub_refresh", result: { ttl: ttlUntil(claims.expireAt, view.wall) } }),
  ];
}
