import { milliseconds, type Seconds, toMilliseconds } from "../../../src/core/time.ts";
import { unsubscribes } from "../../../src/core/unsubscribes.ts";
import { isServerSide, next, type Subscribed } from "../subscription.ts";
import { type Decision, end, nothing, type View } from "./decision.ts";

/** Ends a connection when its credentials do: with a grace for a client that can refresh them. */
export function watchConnection({ connection, wall }: View, expireAt: Seconds | null): Decision {
  const { socket, options } = connection;
  if (expireAt === null) return { type: "clear deadline", name: "expiry" };
  const grace = socket.capabilities.canRefresh ? options.expiredCloseDelay : 0;
  return {
    type: "set deadline",
    name: "expiry",
    delay: milliseconds(Math.max(0, toMilliseconds(expireAt) - wall + grace)),
  };
}

/** The deadlines that a new subscription brings: its expiry, and the check of its position. */
export function watchSubscription(view: View, { expireAt, stream }: Subscribed): readonly Decision[] {
  if (expireAt === null && !stream) return nothing;
  const { deadlines, options } = view.connection;
  const decisions: Decision[] = [];
  if (expireAt !== null) decisions.push(...watchExpiries(view, expireAt));
  if (stream && !deadlines.some(({ name }) => name === "positions")) {
    decisions.push({ type: "set deadline", name: "positions", delay: options.positionCheckDelay });
  }
  return decisions;
}

/**
 * One deadline for all subscriptions of a connection: the earliest expiry among them, and its grace. `expireAt` is one
 * that is not among them yet, `except` are those that end now.
 */
export function watchExpiries(
  { connection, wall }: View,
  expireAt = Number.POSITIVE_INFINITY,
  except: ReadonlySet<string> = noChannels,
): readonly Decision[] {
  let earliest = expireAt;
  for (const subscription of connection.subscriptions.values()) {
    if (subscription.expireAt === null || except.has(subscription.channel)) continue;
    earliest = Math.min(earliest, subscription.expireAt);
  }
  if (earliest === Number.POSITIVE_INFINITY) return nothing;
  const delay = earliest * 1000 - wall + connection.options.expiredSubscriptionCloseDelay;
  return [{ type: "set deadline", name: "subscriptions", delay: milliseconds(Math.max(0, delay)) }];
}

const noChannels: ReadonlySet<string> = new Set();

/** Subscriptions whose expiry has passed, with its grace, end; the next one is watched. */
export function decideExpired(view: View): readonly Decision[] {
  const { connection, wall } = view;
  const late = wall / 1000 - connection.options.expiredSubscriptionCloseDelay / 1000;
  const expired = [...connection.subscriptions.values()].filter(
    ({ expireAt }) => expireAt !== null && expireAt <= late,
  );
  const decisions = expired.flatMap((subscription) => decideEnded(subscription, "expired"));
  const channels = new Set(expired.map(({ channel }) => channel));
  return [...decisions, ...watchExpiries(view, undefined, channels)];
}

/** What comes from here on belongs to another stream than the one that a position was kept in. */
export function decideStreamBegun({ connection }: View, channel: string, epoch: string): readonly Decision[] {
  const subscription = connection.subscriptions.get(channel);
  const isLost = subscription?.stream && subscription.stream.epoch !== epoch;
  return isLost ? decideEnded(subscription, "position.lost") : nothing;
}

/** A stream that was forgotten, or begun anew, breaks the positions that were kept in it: those of `lost` channels. */
export function decidePositions({ connection }: View, lost: ReadonlySet<string>): readonly Decision[] {
  const decisions: Decision[] = [];
  let positioned = 0;
  for (const subscription of connection.subscriptions.values()) {
    if (!subscription.stream) continue;
    positioned += 1;
    if (lost.has(subscription.channel)) decisions.push(...decideEnded(subscription, "position.lost"));
  }
  const name = "positions";
  decisions.push(
    positioned > 0
      ? { type: "set deadline", name, delay: connection.options.positionCheckDelay }
      : { type: "clear deadline", name },
  );
  return decisions;
}

/** Ends one subscription: a client's own is taken back alone, a server-side one ends its connection. */
function decideEnded(subscription: Subscribed, type: "expired" | "position.lost"): readonly Decision[] {
  if (next(subscription, { type }).at !== "ended") return nothing;
  if (isServerSide(subscription)) return [end(type === "expired" ? "subscription.expired" : type)];
  const { channel } = subscription;
  const unsubscribe = type === "expired" ? unsubscribes.subscriptionExpired : unsubscribes.insufficientState;
  return [
    { type: "leave", channel },
    { type: "push", push: { type: "unsubscribe", channel, unsubscribe } },
  ];
}
