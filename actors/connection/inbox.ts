import { errors } from "../../src/core/errors.ts";
import { then } from "../../src/core/maybe-promise.ts";
import type { Decision } from "./decide/decision.ts";
import type { ConnectionPorts, Scope } from "./ports.ts";
import { answerLater } from "./reads.ts";

/** Carries out what concerns the inbox. */
export function performInbox(
  ports: Pick<ConnectionPorts, "inbox">,
  scope: Scope,
  decision: Extract<Decision, { type: "deliver messages" | "acknowledge" }>,
): void {
  const { user, socket } = scope.connection;
  if (decision.type === "acknowledge") acknowledge(ports, scope, decision);
  else ports.inbox?.deliver(user, socket.id);
}

/** Answers a client that has acknowledged messages when that is stored. */
function acknowledge(
  { inbox }: Pick<ConnectionPorts, "inbox">,
  scope: Scope,
  { id, ids }: Extract<Decision, { type: "acknowledge" }>,
): void {
  const { connection } = scope;
  const store = (answer: (isStored: boolean) => void) => {
    void then(inbox?.acknowledge(connection.socket.id, ids) ?? true, answer);
  };
  const replyOf = (isStored: boolean) =>
    isStored
      ? ({ id, method: "rpc", result: { data: "{}" } } as const)
      : ({ id, method: "error", error: errors.internal } as const);
  // Where calls run beside the other commands, their answers may overtake.
  if (connection.options.hooks?.beside.has("rpc")) store((isStored) => connection.socket.reply(replyOf(isStored)));
  else answerLater(scope, (answer) => store((isStored) => answer(replyOf(isStored))));
}
