import type { HubRef, Told } from "../../actors/hub/events.ts";
import type { Registry, Target } from "../../actors/hub/registry.ts";
import type { Account, Broker } from "../broker/broker.ts";
import type { ChannelRules } from "../channels/rules.ts";
import type { Clock } from "../core/clock.ts";
import { type Disconnect, disconnects } from "../core/disconnects.ts";
import { badField, type ClientError, errors, isError } from "../core/errors.ts";
import type { SubscriptionOverride } from "../core/identity.ts";
import { type MaybePromise, maybePromise, then } from "../core/maybe-promise.ts";
import type { Position } from "../core/publication.ts";
import { done, type Result, refuse } from "../core/result.ts";
import { type Seconds, seconds } from "../core/time.ts";
import { unsubscribes } from "../core/unsubscribes.ts";
import type { Source } from "./publish.ts";

/** The connections that a back end addresses. */
export interface Who {
  /** All connections of this user; "" means the anonymous connections. */
  readonly user: string;
  /** The id of one connection of the user; absent or "": all. */
  readonly client?: string;
  /** The session of one connection of the user, as an emulated transport has it; absent or "": all. */
  readonly session?: string;
  /** Ids of connections that are left out; only where connections are disconnected. */
  readonly whitelist?: readonly string[];
}

/** One connection of any user. */
export interface AnyUser {
  readonly client: string;
  readonly user?: undefined;
}

/** A subscription by the server without its channel. */
export interface Subscribe {
  /** Seconds since 1970; null or absent: never. */
  readonly expireAt?: number | null;
  /** Raw JSON for others. */
  readonly info?: string | undefined;
  /** Raw JSON for the client. */
  readonly data?: string | undefined;
  /** What the client has already: it receives what came after that position. */
  readonly since?: Position | null;
  /** What holds for this subscription instead of the namespace's options. */
  readonly override?: SubscriptionOverride;
}

/** The codes that a close frame may carry here: those of the protocol and those of applications (RFC 6455 7.4.2). */
export const closeCodes = { min: 3000, max: 4999 };
/** Bytes of the reason in a close frame (RFC 6455 5.5). */
export const closeReasonBytesMax = 123;

/** What the commands of a back end work with. */
export interface ServerCommandsPorts {
  readonly rules: ChannelRules;
  readonly hub: HubRef;
  readonly registry: Pick<Registry, "targeted">;
  readonly clock: Pick<Clock, "wall">;
  readonly broker: Pick<Broker, "history">;
  /** Who is charged for a stream that begins by being subscribed to. */
  accountOf(source: Source): Account;
}

/** What a back end has the connections of a user do. */
export function createServerCommands({ rules, hub, registry, clock, broker, accountOf }: ServerCommandsPorts) {
  const tell = (who: Who, event: Told): Result<null> => {
    if (!who.user.isWellFormed()) return refuse(badField("user: expected well-formed Unicode"));
    hub.send({ type: "user.tell", target: targetOf(who), event });
    return done;
  };

  /** Begins the stream of a subscription, so that its caller receives an error where the store has no room for it. */
  const begin = (
    name: string,
    { user }: Who,
    { override }: Subscribe,
    source: Source,
  ): MaybePromise<Result<unknown>> => {
    const stream = rules.grant(name, { user, request: null, override })?.stream ?? null;
    if (stream === null) return done;
    const nothing = { limit: 0, since: null, reverse: false, account: accountOf(source) };
    return maybePromise((answer) => broker.history(name, stream, nothing, answer));
  };

  return {
    /** Nothing is subscribed, and no connection is notified, where the channel's stream cannot be begun (100, 106). */
    subscribe: (who: Who, name: string, subscribe: Subscribe, source: Source): MaybePromise<Result<null>> => {
      const channel = rules.find(name);
      if (isError(channel)) return refuse(channel);
      const { expireAt = null, info, data, since = null, override } = subscribe;
      // As recorded: a subscription that would have expired already is not made, which is an error of who would have it.
      if (expireAt !== null && expireAt <= Math.floor(clock.wall() / 1000)) {
        return registry.targeted(targetOf(who)).length > 0 ? refuse(errors.internal) : done;
      }
      const request = {
        channel: name,
        expireAt: secondsOf(expireAt),
        since,
        ...(info !== undefined && { info }),
        ...(data !== undefined && { data }),
        ...(override && { override }),
      };
      return then(begin(name, who, subscribe, source), (begun) =>
        begun.ok ? tell(who, { type: "hub.subscribe", request }) : begun,
      );
    },

    /** Without a channel the connections receive an unsubscribe, and keep their subscriptions, as in Centrifugo. */
    unsubscribe: (who: Who, name: string): Result<null> => {
      const channel = name === "" ? null : rules.find(name);
      if (channel && isError(channel)) return refuse(channel);
      return tell(who, { type: "hub.unsubscribe", channel: name, unsubscribe: unsubscribes.server });
    },

    disconnect: (who: Who | AnyUser, disconnect: Disconnect = disconnects.forceDisconnect): Result<null> => {
      const error = closeError(disconnect);
      if (error) return refuse(error);
      const event: Told = { type: "hub.disconnect", disconnect };
      if (who.user !== undefined) return tell(who, event);
      const target = { user: "", client: who.client, isAnyUser: true, except: new Set<string>() };
      hub.send({ type: "user.tell", target, event });
      return done;
    },

    /** `expireAt` in seconds since 1970; null takes the expiry away. `info`: raw JSON. */
    refresh: (who: Who, expireAt: number | null, info?: string): Result<null> =>
      tell(who, { type: "hub.refresh", expireAt: secondsOf(expireAt), ...(info !== undefined && { info }) }),
  };
}

function targetOf({ user, client = "", session = "", whitelist }: Who): Target {
  return { user, client, session, except: new Set(whitelist) };
}

function secondsOf(instant: number | null): Seconds | null {
  return instant === null ? null : seconds(instant);
}

/** What keeps a close frame from being sent. */
function closeError({ code, reason }: Disconnect): ClientError | null {
  const { min, max } = closeCodes;
  if (!(Number.isInteger(code) && code >= min && code <= max)) return badField(`code: expected ${min} to ${max}`);
  const isFitting = Buffer.byteLength(reason) <= closeReasonBytesMax;
  return isFitting ? null : badField(`reason: expected at most ${closeReasonBytesMax} bytes`);
}
