import { type Disconnect, disconnects } from "../../src/core/disconnects.ts";
import { type ClientError, errors } from "../../src/core/errors.ts";
import type { DeadlineName } from "../deadlines.ts";
import { type Ending, endings, refusalErrors, unidirectionalDisconnect } from "./endings.ts";
import type { ConnectionEvent, HookAnswered, TokenVerified } from "./events.ts";
import type { ConnectionContext } from "./record.ts";

/** Notes why the connection ends. */
export const because = (disconnect: Disconnect) => ({ type: "noteDisconnect" as const, params: { disconnect } });

/** A decision that ends the connection, with the reason that its client is given. */
export const ends = (ending: Ending) => ({ target: "draining", actions: because(endings[ending]) });

/** A deadline of this name has expired. */
export const late = (name: DeadlineName) => ({ type: "isDeadline" as const, params: { name } });

/** Commands wait; too many of them cost the connection. */
export const held = [
  { guard: "canHold", actions: "hold" },
  { target: "#connection.draining", actions: because(disconnects.tooManyRequests) },
] as const;

/** A pong that no ping asked for breaks the protocol. */
export const pong = [
  { guard: "isPongDue", actions: "notePong" },
  { target: "#connection.draining", actions: because(disconnects.badRequest) },
] as const;

/** Runs a command, unless its answer would overtake those of publishes. */
export const inTurn = [{ guard: "isBehindPublishes", target: "waiting", actions: "hold" }, { actions: "run" }] as const;

/** Runs a call or a message of the client at once: it waits for no other command. */
export const beside = { guard: "runsBeside", actions: "run" } as const;

/** Calls and messages where the other commands wait. */
export const calls = { "client.rpc": [beside, ...held], "client.send": [beside, ...held] } as const;

/** Does what follows from the answer of a hook. */
export const answered = { type: "answer", params: ({ event }: { event: HookAnswered }) => event } as const;

/** Notes the reason that the event names. */
export const noted = {
  type: "noteDisconnect",
  params: ({ event }: { event: { readonly disconnect: Disconnect } }) => event,
} as const;

/** Does what follows from the verdict on a token. */
export const judged = { type: "judge", params: ({ event }: { event: TokenVerified }) => event } as const;

/** The connect was refused: by the rules of the server, or by a hook. */
type ConnectRefused = Extract<ConnectionEvent, { type: "connect.refused" | "connect.rejected" }>;

function errorOf(event: ConnectRefused): ClientError {
  return event.type === "connect.rejected" ? event.error : (refusalErrors[event.refusal] ?? errors.internal);
}

/** Answers the connect with the error. */
export const refusedWithError = {
  type: "refuseConnect",
  params: ({ event }: { event: ConnectRefused }) => ({ id: event.id, error: errorOf(event) }),
} as const;

/** Notes the disconnect that the error is for a unidirectional client. */
export const endedByError = {
  type: "noteDisconnect",
  params: ({ context: { connection }, event }: { context: ConnectionContext; event: ConnectRefused }) => ({
    disconnect: unidirectionalDisconnect(errorOf(event), connection.options.unidirectionalDisconnects),
  }),
} as const;
