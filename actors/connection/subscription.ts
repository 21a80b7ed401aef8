import type { Joined } from "../../src/broker/broker.ts";
import type { Grant } from "../../src/channels/grant.ts";
import type { SubscribeRequest } from "../../src/core/command.ts";
import type { Attachment } from "../../src/core/socket.ts";
import type { Seconds } from "../../src/core/time.ts";
import { whole } from "../../src/core/variant.ts";
import type { Visibility } from "../../src/presence/presence-events.ts";

/**
 * Who asked for a subscription: the client by a command, a back end, the connect (its token, its user's own channel, or
 * its `subs`), or the URL of a connection that exists for one channel.
 */
export type Origin = "client" | "server" | "connect" | "default";

/** One subscription of a connection, through its whole life. */
export type Subscription = Asked | Verifying | Joining | Subscribed | Ended;

interface Wanted {
  readonly channel: string;
  readonly origin: Origin;
  readonly request: SubscribeRequest;
  /** The id of the client's command; 0 where no command is answered. */
  readonly id: number;
}

/** It was asked for, and is not decided yet. */
export interface Asked extends Wanted {
  readonly at: "asked";
}

/** Its token is being verified. */
interface Verifying extends Wanted {
  readonly at: "verifying";
}

/** It may be made, on these terms; the broker is joining it to its channel. */
export interface Joining extends Wanted {
  readonly at: "joining";
  readonly terms: Terms;
}

/** It receives its channel. */
export interface Subscribed extends Attachment, Visibility {
  readonly at: "subscribed";
  readonly origin: Origin;
  /** Raw JSON shown to others in the channel. */
  readonly info: string | undefined;
  /** When it expires, in seconds since 1970; null is never. */
  readonly expireAt: Seconds | null;
  /**
   * When it ends at the latest, in milliseconds of each clock: its expiry with its grace, by the wall clock at the time when
   * it was given. Absent where it does not expire. A wall clock that is set back later does not extend it.
   */
  readonly endsBy?: { readonly monotonic: number; readonly wall: number };
  /** A hook is asked at its expiry, and its client knows of none. */
  readonly asksAtExpiry: boolean;
  /** The stream that its positions count in, or null where positions are not kept for it. */
  readonly stream: { readonly epoch: string; readonly options: NonNullable<Grant["stream"]> } | null;
}

/** It is over, or was never made. */
interface Ended {
  readonly at: "ended";
  readonly channel: string;
  readonly origin: Origin;
  readonly why: "refused" | "left" | "expired" | "position lost";
}

/** What the rules grant a subscription, and what a token or a back end says of it. */
export interface Terms {
  readonly grant: Grant;
  /** Seconds since 1970; null is never. */
  readonly expireAt: Seconds | null;
  /** Raw JSON shown to the others. */
  readonly info: string | undefined;
  /** Raw JSON for the client. */
  readonly data: string | undefined;
}

export type SubscriptionEvent =
  /** It came with a token. */
  | { readonly type: "token.presented" }
  /** The rules, or the token, allow it. */
  | { readonly type: "granted"; readonly terms: Terms }
  | { readonly type: "refused" }
  /** The broker has joined it. */
  | { readonly type: "joined"; readonly joined: Joined }
  /** A new token gives it another expiry and other info; also none. */
  | { readonly type: "refreshed"; readonly expireAt: Seconds | null; readonly info: string | undefined }
  | { readonly type: "expired" }
  | { readonly type: "position.lost" }
  /** The client, or a back end, unsubscribes. */
  | { readonly type: "left" };

/** A request that asks for nothing but the channel. */
export const bareRequest: SubscribeRequest = {
  recover: null,
  positioned: false,
  recoverable: false,
  joinLeave: false,
  flag: 0,
  delta: "",
  filter: null,
};

/** Whether it belongs to the server: the client cannot refresh it, and it ends with the connection (3006, 3010). */
export function isServerSide({ origin }: Pick<Subscribed, "origin">): boolean {
  return origin === "server" || origin === "connect";
}

/**
 * The subscription after an event. An event that does not apply to its state changes nothing: it came too late.
 *
 * asked -> (verifying ->) joining -> subscribed -> ended
 */
export function next(subscription: Subscription, event: SubscriptionEvent): Subscription {
  switch (subscription.at) {
    case "asked":
    case "verifying":
      return decided(subscription, event);
    case "joining":
      if (event.type === "joined") return subscribed(subscription, event.joined);
      return event.type === "refused" || event.type === "left" ? ended(subscription, event.type) : subscription;
    case "subscribed":
      return changed(subscription, event);
    case "ended":
      return subscription;
  }
}

function decided(subscription: Asked | Verifying, event: SubscriptionEvent): Subscription {
  const { channel, origin, request, id } = subscription;
  switch (event.type) {
    case "token.presented":
      return { at: "verifying", channel, origin, request, id };
    case "granted":
      return { at: "joining", channel, origin, request, id, terms: event.terms };
    case "refused":
    case "left":
      return ended(subscription, event.type);
    default:
      return subscription;
  }
}

function subscribed({ channel, origin, terms: { grant, expireAt, info } }: Joining, { position }: Joined): Subscribed {
  return {
    at: "subscribed",
    channel,
    origin,
    info,
    expireAt,
    asksAtExpiry: grant.namespace.hooks.subRefresh,
    stream: grant.stream ? { epoch: position.epoch, options: grant.stream } : null,
    hearsJoinLeave: grant.joinLeave,
    ...((grant.filter || grant.delta) && { variant: grant.filter ?? grant.delta ?? whole }),
    presence: grant.presence,
    joinLeave: grant.announced,
    leaveGrace: grant.namespace.options.leave_grace,
  };
}

function changed(subscription: Subscribed, event: SubscriptionEvent): Subscription {
  switch (event.type) {
    case "refreshed":
      return { ...subscription, expireAt: event.expireAt, info: event.info };
    case "expired":
      return ended(subscription, "expired");
    case "position.lost":
      return subscription.stream ? ended(subscription, "position lost") : subscription;
    case "left":
      return ended(subscription, "left");
    default:
      return subscription;
  }
}

function ended({ channel, origin }: Pick<Ended, "channel" | "origin">, why: Ended["why"]): Ended {
  return { at: "ended", channel, origin, why };
}
