import { milliseconds, type Seconds, toMilliseconds } from "../../../src/core/time.ts";
import { unsubscribes } from "../../../src/core/unsubscribes.ts";
import { isServerSide, next, type Subscribed } from "../subscription.ts";
import { type Decision, end, nothing, type View } from "./decision.ts";

/** Ends a connection when its credentials do: with a grace for a client that can refresh them. */
export function watchConnection({ connection, wall }: View, expireAt: Seconds | null): Decision {
  const { socket, options } = connection;
  if (expireAt === null) return { type: "clear deadline", name: "expiry" };
  const isRefreshable = socket.capabilities.canRefresh && !options.hooks?.ownsExpiry;
  const grace = isRefreshable ? options.expiredCloseDelay : 0;
  return {
    type: "set deadline",
    name: "expiry",
    delay: milliseconds(Math.max(0, untilExpiry(expireAt, wall) + grace)),
  };
}

/** The deadlines that a new subscription brings: its expiry, and the check of its position. */
export function watchSubscription(view: View, subscription: Subscribed): readonly Decision[] {
  const { expireAt, stream } = subscription;
  if (expireAt === null && !stream) return nothing;
  const { deadlines, options } = view.connection;
  const decisions: Decision[] = [];
  if (expireAt !== null) decisions.push(...watchExpiries(view, subscription));
  if (stream && !deadlines.some(({ name }) => name === "positions")) {
    decisions.push({ type: "set deadline", name: "positions", delay: options.positionCheckDelay });
  }
  return decisions;
}

/**
 * One deadline for all subscriptions of a connection: the earliest end among them. `changed` has an expiry that is not
 * among them yet, `except` are those that end now.
 */
export function watchExpiries(
  view: View,
  changed: Subscribed | null = null,
  except: ReadonlySet<string> = noChannels,
): readonly Decision[] {
  let delay = changed ? remaining(changed, view) : Number.POSITIVE_INFINITY;
  for (const subscription of view.connection.subscriptions.values()) {
    if (!except.has(subscription.channel)) delay = Math.min(delay, remaining(subscription, view));
  }
  if (delay === Number.POSITIVE_INFINITY) return nothing;
  return [{ type: "set deadline", name: "subscriptions", delay: milliseconds(Math.max(0, delay)) }];
}

/** A subscription whose expiry is new, with the latest time of its end. */
export function withEnd(subscription: Subscribed, view: View): Subscribed {
  if (subscription.expireAt === null) return subscription;
  const lasts = lastsFor(subscription, subscription.expireAt, view);
  return { ...subscription, endsBy: { monotonic: view.monotonic + lasts, wall: view.wall + lasts } };
}

/** Milliseconds until a subscription ends, by the clock that says so first. */
function remaining(subscription: Subscribed, view: View): number {
  const { expireAt, endsBy } = subscription;
  if (expireAt === null) return Number.POSITIVE_INFINITY;
  if (endsBy === undefined) return lastsFor(subscription, expireAt, view);
  return Math.min(endsBy.wall - view.wall, endsBy.monotonic - view.monotonic);
}

/** How long a subscription lasts from now on, in milliseconds: with a grace for a client that can refresh it. */
function lastsFor({ asksAtExpiry }: Subscribed, expireAt: Seconds, { wall, connection: { options } }: View): number {
  return untilExpiry(expireAt, wall) + (asksAtExpiry ? 0 : options.expiredSubscriptionCloseDelay);
}

/** As in Centrifugo, the whole seconds that the client is given as its `ttl`: up to one more than are left. */
function untilExpiry(expireAt: Seconds, wall: number): number {
  return toMilliseconds(expireAt) - Math.floor(wall / 1_000) * 1_000;
}

/**
 * The info of a connection or of a subscription has changed: presence shows it after half the interval, which is how long
 * it takes on average in Centrifugo. As recorded, it does not at once. The deadline of an earlier change stays.
 */
export function watchPresence({ connection }: View, info: string | undefined): readonly Decision[] {
  const { deadlines, options, subscriptions } = connection;
  if (info === undefined || deadlines.some(({ name }) => name === "presence")) return nothing;
  const isShown = [...subscriptions.values()].some(({ presence }) => presence);
  const delay = milliseconds(options.presenceUpdateInterval / 2);
  return isShown ? [{ type: "set deadline", name: "presence", delay }] : nothing;
}

/** The interval has passed in which presence may show an old info. */
export function decideRenewal(): readonly Decision[] {
  return [{ type: "clear deadline", name: "presence" }, { type: "renew presence" }];
}

const noChannels: ReadonlySet<string> = new Set();

/** Subscriptions whose expiry has passed, with its grace, end; the next one is watched. */
export function decideExpired(view: View): readonly Decision[] {
  const expired = [...view.connection.subscriptions.values()].filter(
    (subscription) => remaining(subscription, view) <= 0,
  );
  const channels = new Set(expired.map(({ channel }) => channel));
  // A hook that answers at once sets the deadline anew.
  return [
    ...watchExpiries(view, null, channels),
    ...expired.flatMap((subscription) =>
      subscription.asksAtExpiry ? askSubRefresh(subscription) : decideEnded(subscription, "expired"),
    ),
  ];
}

/** Until a hook has answered, the subscription has no expiry, so that it is asked once. */
function askSubRefresh(expired: Subscribed): readonly Decision[] {
  const subscription = { ...expired, expireAt: null };
  const question = { kind: "sub_refresh", request: { channel: expired.channel } } as const;
  return [
    { type: "update", subscription },
    { type: "ask", question, pending: { for: "sub_refresh hook", subscription } },
  ];
}

/** The connection has expired: a hook is asked what becomes of it. */
export function askRefresh(): readonly Decision[] {
  return [{ type: "ask", question: { kind: "refresh", request: {} }, pending: { for: "refresh hook" } }];
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
export function decideEnded(subscription: Subscribed, type: "expired" | "position.lost"): readonly Decision[] {
  if (next(subscription, { type }).at !== "ended") return nothing;
  if (isServerSide(subscription)) return [end(type === "expired" ? "subscription.expired" : type)];
  const { channel } = subscription;
  const unsubscribe = type === "expired" ? unsubscribes.subscriptionExpired : unsubscribes.insufficientState;
  return [
    { type: "leave", channel, unsubscribe },
    { type: "push", push: { type: "unsubscribe", channel, unsubscribe } },
  ];
}
