import type { HistoryOptions } from "../../src/broker/broker.ts";
import type { Command, ConnectCommand } from "../../src/core/command.ts";
import type { Disconnect } from "../../src/core/disconnects.ts";
import type { Identity, SubscriptionOverride } from "../../src/core/identity.ts";
import type { Payload } from "../../src/core/payload.ts";
import type { Position } from "../../src/core/publication.ts";
import type { Attachment, Socket } from "../../src/core/socket.ts";
import type { Seconds } from "../../src/core/time.ts";
import type { Unsubscribe } from "../../src/core/unsubscribes.ts";
import type { Visibility } from "../../src/presence/presence-events.ts";
import type { Deadline, DeadlineExpired } from "../deadlines.ts";

/** A command on its way to its connection, with the bytes that it counts for while it is held back. */
type ClientCommand = {
  [M in Command["method"]]: {
    readonly type: `client.${M}`;
    readonly command: Extract<Command, { method: M }>;
    readonly bytes: number;
  };
}[Command["method"]];

/** Why a client could not be let in; each has its answer in `machine.ts`. */
export type Refusal =
  /** No token where one is needed, or a connect command that asks for what there is not. */
  | "missing"
  | "invalid"
  /** The token has expired, or is not valid yet: another one may be fetched. */
  | "expired"
  /** The token holds, but the time that it names for the connection lies in the past. */
  | "passed"
  | "unavailable"
  /** A token without a user, where those are not wanted. */
  | "anonymous"
  /** The token or the connect command names a channel that is too long or not well-formed. */
  | "bad channel"
  /** The token subscribes to a channel of an unknown namespace. */
  | "unknown channel"
  /** The token subscribes to more channels than a connection may have. */
  | "too many channels";

/** Everything that can happen to one connection. */
export type ConnectionEvent =
  /** The client asks for something. */
  | ClientCommand
  /** The client asked for something over its rate: it is told so in its turn. */
  | { readonly type: "client.limited"; readonly id: number; readonly bytes: number }
  /** The client sent what cannot be read. */
  | { readonly type: "client.malformed" }
  /** The credentials that came with `connect` were verified. */
  | { readonly type: "auth.accepted"; readonly identity: Identity; readonly connect: ConnectCommand }
  /** The credentials were refused; `id` is that of the connect command. */
  | { readonly type: "auth.refused"; readonly id: number; readonly refusal: Refusal }
  /** The verdict on a token has come; `act` does what follows from it, and what throws there is this actor's failure. */
  | { readonly type: "auth.judged"; readonly act: () => void }
  /** The token that came with a command was looked at, and the command answered. */
  | { readonly type: "auth.answered" }
  /** A new token holds: the connection has another expiry, and others may see other info of it. */
  | { readonly type: "auth.refreshed"; readonly expireAt: Seconds | null; readonly info?: string }
  /** A stream begins: whoever kept a position in an earlier one of the channel has lost it. */
  | { readonly type: "stream.begun"; readonly channel: string; readonly epoch: string }
  /** The Hub has registered the identity. */
  | { readonly type: "hub.admitted" }
  /** The Hub wants this connection to end. */
  | { readonly type: "hub.disconnect"; readonly disconnect: Disconnect }
  /** The Hub subscribes this connection to a channel, on behalf of a back end. */
  | { readonly type: "hub.subscribe"; readonly request: ServerSubscribe }
  /** The Hub takes this connection out of a channel, on behalf of a back end. */
  | { readonly type: "hub.unsubscribe"; readonly channel: string; readonly unsubscribe: Unsubscribe }
  /** The Hub gives this connection another expiry, on behalf of a back end. */
  | { readonly type: "hub.refresh"; readonly expireAt: Seconds | null; readonly info?: string }
  /** A back end tells the user of this connection something that belongs to no channel. */
  | { readonly type: "hub.message"; readonly data: Payload }
  /** A command broke a rule that costs the connection. */
  | { readonly type: "rule.broken"; readonly disconnect: Disconnect }
  /** The socket is gone; nothing can be sent any more. */
  | { readonly type: "socket.closed"; readonly disconnect: Disconnect }
  /** Everything that was queued has been taken. */
  | { readonly type: "socket.drained" }
  /** The client went on sending after fifty refusals in a row. */
  | { readonly type: "socket.flooded" }
  /** The client sent a frame over the size limit of its protocol. */
  | { readonly type: "socket.oversized" }
  /** The client does not take what it is sent. */
  | { readonly type: "socket.slow" }
  | DeadlineExpired;

/** A subscription that a back end asks for. */
export interface ServerSubscribe {
  readonly channel: string;
  readonly expireAt: Seconds | null;
  readonly info?: string;
  readonly data?: string;
  readonly since: Position | null;
  readonly override?: SubscriptionOverride;
}

/** What the Hub is told by its connections; the whole set of its events is in `hub/events.ts`. */
export type ConnectionReport =
  /** The credentials hold: may this user have one connection more? Answered with `hub.admitted` or `hub.disconnect`. */
  | { readonly type: "connection.identified"; readonly id: string; readonly user: string }
  /** This user is to have no other connection (`single_connection`). */
  | { readonly type: "connection.alone"; readonly id: string; readonly user: string };

/** What a connection knows of the Hub. */
export interface HubRef {
  send(event: ConnectionReport): void;
}

/** What a connection is born with. */
export interface ConnectionInput {
  /** Its socket, which also knows what was learnt at the upgrade. */
  readonly socket: Socket;
}

/** One channel that a connection receives. */
export interface Subscription extends Visibility, Attachment {
  /** Asked for by a token or a back end, not by the client: it ends with the connection (3006, 3010). */
  readonly serverSide: boolean;
  /** Raw JSON shown to others in the channel. */
  readonly info: string | undefined;
  /** When it expires, in seconds since 1970; null is never. */
  readonly expireAt: Seconds | null;
  /** The stream that its positions count in, or null where positions are not kept for it. */
  readonly stream: { readonly epoch: string; readonly options: HistoryOptions } | null;
}

/** What a connection remembers. */
export interface ConnectionContext extends ConnectionInput {
  /** What the client connects with; null before, and again when it has been welcomed. */
  readonly connect: ConnectCommand | null;
  /** Who it is; null until the credentials hold. */
  readonly identity: Identity | null;
  /** The expiry in force, in seconds since 1970; a refresh moves it. null is never. */
  readonly expireAt: Seconds | null;
  /** Why it ends: set on the way to `closed`, sent in the close frame, and logged. */
  readonly disconnect: Disconnect;
  /** Commands that wait for a token to be looked at, in order. */
  readonly held: readonly ConnectionEvent[];
  /** The bytes of what is held. */
  readonly heldBytes: number;
  /** By channel; mutated in place by the effects, and emptied when the connection ends. */
  readonly subscriptions: Map<string, Subscription>;
  /** Deadlines that are set, a few at the most; mutated in place by the effects. */
  readonly deadlines: Deadline[];
}
