import type { ConnectCommand } from "../../src/core/command.ts";
import type { DeadlineName } from "../deadlines.ts";
import { isAdmittedAtOnce } from "./decide/connect.ts";
import { type Refusal, refusalErrors } from "./endings.ts";
import type { ConnectionEvent } from "./events.ts";
import type { Holdable } from "./held.ts";
import { type ConnectionContext, type ConnectionRecord, hasAnsweredPing } from "./record.ts";

interface Asked {
  readonly context: ConnectionContext;
  readonly event: ConnectionEvent;
}

/** The questions on which the connection's machine chooses a transition: each reads the event and the record alone. */
export const guards = {
  isDeadline: ({ event }: Asked, params: { name: DeadlineName }) =>
    event.type === "deadline.expired" && event.deadline === params.name,
  isAdmittedAtBirth: ({ context: { connection } }: Pick<Asked, "context">) =>
    connection.connect !== null && isAdmittedAtOnce(connection, connection.connect),
  isAdmittedAtOnce: ({ context: { connection } }: Asked, params: { command: ConnectCommand }) =>
    isAdmittedAtOnce(connection, params.command),
  isAnswered: ({ context: { connection } }: Asked, params: { refusal: Refusal }) =>
    connection.socket.capabilities.canReadErrors && refusalErrors[params.refusal] !== undefined,
  isEndedByError: ({ context: { connection } }: Asked, params: { refusal: Refusal }) =>
    connection.socket.capabilities.isUnidirectional && refusalErrors[params.refusal] !== undefined,
  isUnidirectional: ({ context: { connection } }: Asked) => connection.socket.capabilities.isUnidirectional,
  canHold: ({ context: { connection }, event }: Asked) => connection.canHold(event as Holdable),
  holdsCommands: ({ context: { connection } }: Asked) => connection.heldCount > 0,
  holdsOne: ({ context: { connection } }: Asked) => connection.heldCount === 1,
  /** The answer is the one that the connection waits for. */
  isAwaited: ({ context: { connection }, event }: Asked) =>
    connection.pending !== null && "ticket" in event && event.ticket === connection.ticket,
  /** Nothing but publishes is waited for. */
  isFree: ({ context: { connection } }: Asked) => connection.pending === null,
  /**
   * Publishes wait for their commit, and the next command would be answered before them. In production the broker is
   * first asked to commit (`logic.ts`): a local one answers all of them at once.
   */
  isBehindPublishes: ({ context: { connection }, event }: Asked) =>
    connection.unanswered > 0 && isOvertaking(nextCommand(connection, event)),
  /** The answer is that of a hook that runs beside the commands. */
  isAnsweredBeside: ({ context: { connection }, event }: Asked) =>
    "ticket" in event && connection.questions?.has(event.ticket) === true,
  /** Calls run beside the other commands. */
  runsBeside: ({ context: { connection } }: Asked) => connection.options.hooks?.beside.has("rpc") === true,
  asksAtExpiry: ({ context: { connection } }: Asked) => connection.options.hooks?.asksAtExpiry === true,
  canReadErrors: ({ context: { connection } }: Asked) => connection.socket.capabilities.canReadErrors,
  isJoining: ({ context: { connection } }: Asked) => connection.pending?.for === "join",
  isPongDue: ({ context: { connection } }: Asked) => connection.pingedAt !== 0,
  /** Nothing was received since the last ping, and nothing lies before the ping that the client still has to take. */
  isSilent: ({ context: { connection } }: Asked) => !hasAnsweredPing(connection) && connection.socket.unsent() === 0,
  isFlushed: ({ context: { connection } }: Asked) => connection.socket.unsent() === 0 && connection.unanswered === 0,
};

/** The command that is run next: the one that came, or the first of the held ones. */
export function nextCommand(
  connection: ConnectionRecord,
  event: ConnectionEvent,
): ConnectionEvent | Holdable | undefined {
  return event.type === "turn.came" ? connection.held?.first : event;
}

/** Whether an answer or push to the event may come before the answers of earlier publishes. */
export function isOvertaking(event: ConnectionEvent | Holdable | undefined): boolean {
  return event !== undefined && event.type !== "client.publish";
}
