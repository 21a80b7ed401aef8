import type { Authenticator } from "../../src/auth/authenticator.ts";
import type { Broker } from "../../src/broker/broker.ts";
import type { ChannelRules } from "../../src/channels/rules.ts";
import type { BytesBudget } from "../../src/core/bytes-budget.ts";
import type { Clock } from "../../src/core/clock.ts";
import type { Log } from "../../src/core/log.ts";
import type { Random } from "../../src/core/random.ts";
import type { Timers } from "../../src/core/timers.ts";
import type { Caller } from "../../src/hooks/caller.ts";
import type { ChannelWatch } from "../../src/hooks/channel-watch.ts";
import type { Hooks } from "../../src/hooks/hooks.ts";
import type { Counters } from "../../src/metrics/counters.ts";
import type { PresenceQueries } from "../../src/presence/presence.ts";
import type { PresenceEvents } from "../../src/presence/presence-events.ts";
import type { Deadlines } from "../deadlines.ts";
import type { PublishEvent } from "../hub/events.ts";
import type { InboxDelivery } from "../inbox/delivery.ts";
import type { ConnectionEvent, HubRef } from "./events.ts";
import type { ConnectionRecord } from "./record.ts";

/** Everything that connections do things with; the same for all of them. */
export interface ConnectionPorts {
  readonly clock: Clock;
  readonly timers: Pick<Timers, "setImmediate">;
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
  /** Bytes that connections, users and addresses may recover. */
  readonly recoveryBudget: BytesBudget;
  /** Bytes of histories and presence that they may read. */
  readonly answerBudget: BytesBudget;
  readonly presence: PresenceQueries;
  readonly presenceEvents: PresenceEvents;
  readonly rules: ChannelRules;
  /** The hooks of the application; null without any. */
  readonly hooks: HookPorts | null;
  /** Messages that wait for users; null where nothing is kept. */
  readonly inbox: InboxDelivery | null;
}

/** What connections do with hooks. */
export interface HookPorts {
  readonly hooks: Hooks;
  readonly caller: Caller;
  readonly channels: ChannelWatch;
}

/** One connection, as an effect sees it. */
export interface Scope {
  readonly connection: ConnectionRecord;
  readonly self: { send(event: ConnectionEvent): void };
}
