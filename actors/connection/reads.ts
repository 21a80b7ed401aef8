import { errors } from "../../src/core/errors.ts";
import { type MaybePromise, then } from "../../src/core/maybe-promise.ts";
import { presenceBytes } from "../../src/core/presence-bytes.ts";
import { framedSize } from "../../src/core/publication-size.ts";
import type { Reply } from "../../src/core/reply.ts";
import type { Decision } from "./decide/decision.ts";
import type { ConnectionPorts, Scope } from "./ports.ts";
import { spenderOf } from "./record.ts";

type Query = Extract<Decision, { type: "read presence" | "read presence stats" | "read history" }>;

type ReadPorts = Pick<ConnectionPorts, "presence" | "broker" | "answerBudget">;

/** Answers a query of presence or history, as long as its connection, user and address were not sent too much of late. */
export function read(ports: ReadPorts, scope: Scope, decision: Query): void {
  const { presence, broker } = ports;
  const { id, channel } = decision;
  const { presenceBytesMax } = scope.connection.options;
  const failed = { id, method: "error", error: errors.internal } as const;
  answerLater(scope, (answer) => {
    if (ports.answerBudget.left(spenderOf(scope.connection)) <= 0) {
      return answer({ id, method: "error", error: errors.tooManyRequests });
    }
    switch (decision.type) {
      case "read presence":
        return give(presence.list(channel, presenceBytesMax), (result) => {
          if (result === null) return answer(failed);
          if (result === "over" || presenceBytes(result) > presenceBytesMax) {
            return answer({ id, method: "error", error: errors.limitExceeded });
          }
          charge(ports, scope, presenceBytes(result));
          return answer({ id, method: "presence", result });
        });
      case "read presence stats":
        return give(presence.stats(channel), (result) =>
          answer(result ? { id, method: "presence_stats", result } : failed),
        );
      case "read history":
        return broker.history(channel, decision.options, decision.filter, (outcome) => {
          if (!outcome.ok) return answer({ id, method: "error", error: outcome.error });
          charge(ports, scope, framedSize(outcome.value.publications));
          return answer({ id, method: "history", result: outcome.value });
        });
    }
  });
}

/** An answer costs the connection tokens of its message rate, and bytes of the budget that outlives it. */
function charge({ answerBudget }: ReadPorts, { connection }: Scope, bytes: number): void {
  connection.socket.chargeAnswer(bytes);
  answerBudget.spend(spenderOf(connection), bytes);
}

/** Replies with what `start` calls back with: at once, or later, and then the connection waits for it. */
export function answerLater(scope: Scope, start: (answer: (reply: Reply) => void) => void): void {
  const { connection, self } = scope;
  let ticket = 0;
  let isAnswered = false;
  start((reply) => {
    isAnswered = true;
    const isLate = ticket !== 0 && (connection.pending?.for !== "query" || connection.ticket !== ticket);
    if (isLate) return;
    connection.socket.reply(reply);
    if (ticket !== 0) self.send({ type: "query.answered", ticket });
  });
  if (isAnswered) return;
  ticket = connection.waitFor({ for: "query" });
  self.send({ type: "command.deferred" });
}

function give<Value>(value: MaybePromise<Value>, take: (value: Value) => void): void {
  void then(value, take);
}
