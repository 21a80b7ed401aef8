import type { Authenticator } from "../../src/auth/authenticator.ts";
import type { Broker } from "../../src/broker/broker.ts";
import type { ChannelRules } from "../../src/channels/rules.ts";
import type { Clock } from "../../src/core/clock.ts";
import type { Log } from "../../src/core/log.ts";
import type { Random } from "../../src/core/random.ts";
import type { Rate } from "../../src/core/rate.ts";
import type { Milliseconds } from "../../src/core/time.ts";
import type { OfflineMessages } from "../../src/messages/offline-messages.ts";
import type { Counters } from "../../src/metrics/counters.ts";
import type { Presence } from "../../src/presence/presence.ts";
import type { PresenceEvents } from "../../src/presence/presence-events.ts";
import type { Deadlines } from "../deadlines.ts";
import type { PublishEvent } from "../hub/events.ts";
import type { ConnectionContext, ConnectionEvent, HubRef } from "./events.ts";

/** What the configuration says of connections; milliseconds, bytes and counts. */
export interface ConnectionOptions {
  /** Reported to clients in the reply to connect. */
  readonly version: string;
  /** How long one may take to connect. */
  readonly handshakeTimeout: Milliseconds;
  /** How long what is queued may take to be flushed, at the end. */
  readonly flushTimeout: Milliseconds;
  /** Grace after a connection or a subscription has expired, in which the client may refresh it. */
  readonly expiredCloseDelay: Milliseconds;
  readonly expiredSubscriptionCloseDelay: Milliseconds;
  /** How often the position of idle positioned subscriptions is looked at. */
  readonly positionCheckDelay: Milliseconds;
  readonly allowAnonymous: boolean;
  readonly disallowAnonymousTokens: boolean;
  readonly insecure: boolean;
  readonly includeServerTime: boolean;
  /** A user's new connection ends the older ones. */
  readonly singleConnection: boolean;
  readonly channelLimit: number;
  /** Subscribes a second, and at once: as many as a client with all its channels sends when it reconnects. */
  readonly subscribeRate: Rate;
  readonly historyPublicationsMax: number;
  readonly recoveryPublicationsMax: number;
  readonly recoveryBytesMax: number;
}

/** Everything that connections do things with; the same for all of them. */
export interface ConnectionPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly counters: Counters;
  readonly deadlines: Deadlines;
  /** Null where no key is configured: every token is invalid. */
  readonly authenticator: Authenticator | null;
  readonly hub: HubRef;
  /** The Hub's mailbox for publications. */
  readonly publications: { send(event: PublishEvent): void };
  readonly broker: Broker;
  readonly presence: Presence;
  readonly presenceEvents: PresenceEvents;
  readonly rules: ChannelRules;
  /** What was pushed to users while they were away; null where nothing is kept. */
  readonly offlineMessages: OfflineMessages | null;
  readonly options: ConnectionOptions;
}

/** One connection, as an effect sees it. */
export interface Scope {
  readonly context: ConnectionContext;
  readonly self: {
    send(event: ConnectionEvent): void;
    getSnapshot(): { readonly context: ConnectionContext };
  };
}
