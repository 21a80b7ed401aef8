import type { Broker, Draft, Outcome } from "../../src/broker/broker.ts";
import type { Counters } from "../../src/metrics/counters.ts";
import type { ConnectionEvent, ConnectionReport } from "../connection/events.ts";
import type { DeadlineExpired } from "../deadlines.ts";
import type { Members, OwnedMember, Target } from "./registry.ts";

/** Where a publication came from; `server` is the process that the server runs in. */
export type PublishSource = keyof Counters["publishes"];

/** A call of the broker. */
export type BrokerOperation = keyof Broker;

/** What the actor that routes publications hears. */
export type PublicationEvent =
  | PublishEvent
  /** The broker threw, which its port forbids; the caller was answered already. */
  | { readonly type: "broker.failed"; readonly operation: BrokerOperation; readonly error: unknown };

/** A publication on its way in, with what to do when it is committed or refused. Its payload is shown by no inspection. */
export class PublishEvent {
  readonly type = "publish";
  readonly source: PublishSource;
  readonly done: ((outcome: Outcome) => void) | null;
  readonly #draft: Draft;

  constructor(source: PublishSource, draft: Draft, done: ((outcome: Outcome) => void) | null) {
    this.source = source;
    this.#draft = draft;
    this.done = done;
  }

  get draft(): Draft {
    return this.#draft;
  }
}

/** The events that a connection receives through the Hub. */
export type Told = Exclude<Extract<ConnectionEvent, { type: `hub.${string}` }>, { type: "hub.admitted" }>;

/** What other rooms know of the Hub. */
export interface HubRef {
  send(event: HubEvent): void;
}

/** Everything that the Hub hears. */
export type HubEvent =
  /** A connection was spawned while the Hub drains. */
  | { readonly type: "connection.opened"; readonly id: string }
  | ConnectionReport
  /** A connection reached its end. Sent by XState. */
  | { readonly type: "xstate.done.actor.*"; readonly actorId: string }
  /** A connection, or the actor that routes publications, threw. Sent by XState. */
  | { readonly type: "xstate.error.actor.*"; readonly actorId: string; readonly error: unknown }
  /** An event for connections, on behalf of a back end or of what waited for their user. */
  | { readonly type: "user.tell"; readonly target: Target; readonly event: Told }
  /** The store of the streams was replaced: positions in the one before are checked now. */
  | { readonly type: "streams.replaced" }
  /** The server is to stop: let everyone go, then stop. */
  | { readonly type: "hub.drain" }
  | DeadlineExpired;

/** What the Hub is born with. */
export interface HubInput {
  /** The table of its connections; empty. */
  readonly members: Members;
  /** Connections of one user at the most, the anonymous not counted; 0 is no limit. */
  readonly userConnectionLimit: number;
  /** Connections that are closed in one batch of the drain. */
  readonly batchSize: number;
}

/** What the Hub remembers. The table of members is changed in place: copying it would cost O(N) an event. */
export interface HubContext extends HubInput {
  /** Connections that the drain has not closed yet. */
  readonly leaving: OwnedMember[];
}

/** What is left when the Hub has stopped. */
export interface HubOutput {
  /** Connections that did not go in time, and were cut. */
  readonly cut: number;
}
