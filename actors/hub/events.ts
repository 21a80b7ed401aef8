import type { Draft, Outcome } from "../../src/broker/broker.ts";
import type { Disconnect } from "../../src/core/disconnects.ts";
import type { Payload } from "../../src/core/payload.ts";
import type { Socket } from "../../src/core/socket.ts";
import type { Unsubscribe } from "../../src/core/unsubscribes.ts";
import type { ConnectionContext, ConnectionEvent, ConnectionReport, ServerSubscribe } from "../connection/events.ts";
import type { DeadlineExpired } from "../deadlines.ts";

/** A connection as the Hub and the transport see it. */
export interface ConnectionRef {
  send(event: ConnectionEvent): void;
  /** `status` is `active` until it has come to an end. */
  getSnapshot(): { readonly value: string | object; readonly context: ConnectionContext; readonly status: string };
}

/** One connection that the Hub owns. */
export interface Member {
  readonly id: string;
  /** Its place in `slots`: the id of its actor. */
  readonly slot: number;
  readonly ref: ConnectionRef;
  /** Kept so that a connection that crashed can still be closed. */
  readonly socket: Socket;
  /** Null until the credentials hold; "" is anonymous. */
  user: string | null;
}

/** Which connections a back end means: all of a user's, or of those one alone, without the ones it names. */
export interface Target {
  /** "" means the anonymous connections. */
  readonly user: string;
  /** One connection's id; "" is all of the user's. */
  readonly client: string;
  readonly except: ReadonlySet<string>;
}

/** A publication on its way in, with what to do when it is committed or refused. */
export interface PublishEvent {
  readonly type: "publish";
  readonly draft: Draft;
  readonly done: ((outcome: Outcome) => void) | null;
}

/** Everything that the Hub hears. */
export type HubEvent =
  /** A socket was upgraded and its connection spawned. */
  | { readonly type: "connection.opened"; readonly member: Member }
  | ConnectionReport
  /** A connection reached its end. Sent by XState. */
  | { readonly type: "xstate.done.actor.*"; readonly actorId: string }
  /** A connection, or the actor that routes publications, threw. Sent by XState. */
  | { readonly type: "xstate.error.actor.*"; readonly actorId: string; readonly error: unknown }
  /** A back end ends connections. */
  | { readonly type: "user.disconnect"; readonly target: Target; readonly disconnect: Disconnect }
  /** A back end subscribes connections. */
  | { readonly type: "user.subscribe"; readonly target: Target; readonly request: ServerSubscribe }
  /** A back end takes connections out of a channel; "" is every channel. */
  | {
      readonly type: "user.unsubscribe";
      readonly target: Target;
      readonly channel: string;
      readonly unsubscribe: Unsubscribe;
    }
  /** A back end moves the expiry of connections. */
  | { readonly type: "user.refresh"; readonly target: Target; readonly expireAt: number | null; readonly info?: string }
  /** A back end tells connections something that belongs to no channel. */
  | { readonly type: "user.message"; readonly target: Target; readonly data: Payload }
  /** The server is to stop: let everyone go, then stop. */
  | { readonly type: "hub.drain" }
  | DeadlineExpired;

/** What the Hub is born with. */
export interface HubInput {
  /** Connections of one user at the most, the anonymous not counted; 0 is no limit. */
  readonly userConnectionLimit: number;
  /** Connections that are told to go in one batch of the drain. */
  readonly batchSize: number;
}

/** What the Hub remembers. Its maps are mutated in place: copying them would cost O(N) an event. */
export interface HubContext extends HubInput {
  /** By connection id. */
  readonly members: Map<string, Member>;
  /** By slot; an empty one is free, and stands in `freeSlots`. */
  readonly slots: (Member | undefined)[];
  readonly freeSlots: number[];
  /** By user id, without the anonymous. */
  readonly users: Map<string, Set<Member>>;
  /** Those who are still to be told to go, in the drain. */
  readonly leaving: Member[];
}

/** What is left when the Hub has stopped. */
export interface HubOutput {
  /** Connections that did not go in time, and were cut. */
  readonly cut: number;
}
