import type { SubscriptionClaims, Verdict } from "../../src/auth/authenticator.ts";
import type { Command } from "../../src/core/command.ts";
import type { Disconnect } from "../../src/core/disconnects.ts";
import type { ClientError } from "../../src/core/errors.ts";
import type { Identity, SubscriptionOverride } from "../../src/core/identity.ts";
import type { Position } from "../../src/core/publication.ts";
import { Sealed, type SealedPayload } from "../../src/core/sealed.ts";
import type { Seconds } from "../../src/core/time.ts";
import type { Unsubscribe } from "../../src/core/unsubscribes.ts";
import type { HookOutcome } from "../../src/hooks/hooks.ts";
import type { DeadlineExpired } from "../deadlines.ts";
import type { Ending, Refusal } from "./endings.ts";
import type { AskedKind } from "./pending.ts";
import type { Joining } from "./subscription.ts";

/** What the limits on held commands and on one frame count by. */
interface Received {
  /** The bytes that it counts for while it is held. */
  readonly bytes: number;
  /** The number of the frame that it came in. */
  readonly frame: number;
}

/** A command on its way to its connection. */
type ClientCommand = {
  [M in Command["method"]]: Received & {
    readonly type: `client.${M}`;
    readonly command: Extract<Command, { method: M }>;
  };
}[Command["method"]];

/**
 * The verdict on the token that the connection waits for. A verdict whose ticket is not the current one is late: the
 * connection no longer waits for it.
 */
export type TokenVerified = { readonly type: "token.verified"; readonly ticket: number } & (
  | { readonly purpose: "connect" | "refresh"; readonly verdict: Verdict<Identity> }
  | { readonly purpose: "subscribe" | "sub_refresh"; readonly verdict: Verdict<SubscriptionClaims> }
);

/** What a client has sent. */
export type ClientEvent =
  | ClientCommand
  /** A command over the client's rate: it is answered with an error in its turn. */
  | ({ readonly type: "client.limited"; readonly id: number } & Received)
  /** Something that is no command. */
  | ({ readonly type: "client.malformed" } & Received);

/** What a connection receives through the Hub, on behalf of a back end. */
export type ServerCommand =
  /** The Hub subscribes this connection to a channel. */
  | { readonly type: "hub.subscribe"; readonly request: ServerSubscribe }
  /** The Hub takes this connection out of a channel; "" is every channel. */
  | { readonly type: "hub.unsubscribe"; readonly channel: string; readonly unsubscribe: Unsubscribe }
  /** The Hub gives this connection another expiry. */
  | { readonly type: "hub.refresh"; readonly expireAt: Seconds | null; readonly info?: string }
  /** The user of this connection is sent something that belongs to no channel. */
  | { readonly type: "hub.message"; readonly data: SealedPayload };

/** A hook has granted a subscription while the connection waited for something else: it is joined in its turn. */
export interface SubscriptionGranted {
  readonly type: "subscription.granted";
  readonly joining: Joining;
}

/** What a hook has answered that a connection waited for. Shown as `[answer]`: it may hold a payload. */
export class SealedAnswer extends Sealed<HookOutcome<AskedKind>> {
  protected label(): string {
    return "[answer]";
  }
}

/** A hook has decided, or failed: the one that the connection waits for, or one that runs beside its commands. */
export interface HookAnswered {
  readonly type: "hook.answered";
  readonly ticket: number;
  readonly answer: SealedAnswer;
}

/** Everything that can happen to one connection. Plain data: an event can be logged, and carries no functions. */
export type ConnectionEvent =
  | ClientEvent
  | ServerCommand
  | TokenVerified
  /** The authenticator itself has failed, which is a defect: `error` is its text. */
  | { readonly type: "verification.failed"; readonly ticket: number; readonly error: string }
  /** A command came with a token, which is being verified. */
  | { readonly type: "token.presented" }
  /** The client could not be let in; `id` is that of the connect command. */
  | { readonly type: "connect.refused"; readonly id: number; readonly refusal: Refusal }
  /** The channels of the connect are not ready to be joined. */
  | { readonly type: "connect.deferred" }
  /** A command cannot be executed or answered yet. */
  | { readonly type: "command.deferred" }
  /** The engine is ready for the joins that were prepared under this ticket, or does not answer. */
  | { readonly type: "engine.ready"; readonly ticket: number }
  /** What a command asked of presence or history was answered. */
  | { readonly type: "query.answered"; readonly ticket: number }
  | HookAnswered
  /** The hook refuses the connect with an error. */
  | { readonly type: "connect.rejected"; readonly id: number; readonly error: ClientError }
  /** A hook ends the connection. */
  | { readonly type: "hook.disconnected"; readonly disconnect: Disconnect }
  /** No publish of this connection waits for its commit any more. Sent only where the machine waits for it. */
  | { readonly type: "publish.answered" }
  /** It is this connection's turn to run one held command. */
  | { readonly type: "turn.came" }
  /** A decision ends the connection. */
  | { readonly type: Ending }
  /** A stream begins: a position that was kept in an earlier one of the channel is lost. */
  | { readonly type: "stream.begun"; readonly channel: string; readonly epoch: string }
  /** The Hub has registered the identity. */
  | { readonly type: "hub.admitted" }
  /** The Hub wants this connection to end. */
  | { readonly type: "hub.disconnect"; readonly disconnect: Disconnect }
  /** A handler of the runtime has thrown. */
  | { readonly type: "handler.failed" }
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

/** What the Hub receives from its connections; the whole set of its events is in `hub/events.ts`. */
export type ConnectionReport =
  /** The credentials hold: may this user have one connection more? Answered with `hub.admitted` or `hub.disconnect`. */
  | { readonly type: "connection.identified"; readonly id: string; readonly user: string }
  /** This user is to have no other connection (`single_connection`). */
  | { readonly type: "connection.alone"; readonly id: string; readonly user: string };

/** What a connection knows of the Hub. */
export interface HubRef {
  send(event: ConnectionReport): void;
}
