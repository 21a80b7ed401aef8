import type { Command } from "../../../src/core/command.ts";
import { type ClientError, errors } from "../../../src/core/errors.ts";
import { then } from "../../../src/core/maybe-promise.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";
import type { Answers } from "./answers.ts";

type Asked<M extends Command["method"]> = { readonly command: Extract<Command, { method: M }> };

/** What a client can ask about a channel: who is in it, and what was published. */
export function askingEffects(ports: ConnectionPorts, answers: Answers) {
  const { rules, presence, broker, options } = ports;

  const askerOf = ({ context }: Scope, channel: string) => ({
    user: context.identity?.user ?? "",
    subscribed: context.subscriptions.has(channel),
  });

  /** At most so many publications, and as many for -1. */
  const limitOf = (limit: number): number => {
    const most = options.historyPublicationsMax;
    return limit < 0 || limit > most ? most : limit;
  };

  return {
    refuse: (scope: Scope, { id, error }: { id: number; error: ClientError }) => {
      answers.settle(scope);
      answers.refuse(scope, id, error);
    },

    presence: (scope: Scope, { command: { id, channel } }: Asked<"presence">) => {
      answers.settle(scope);
      const refusal = rules.mayPresence(channel, askerOf(scope, channel));
      if (refusal) answers.refuse(scope, id, refusal);
      else
        void then(presence.list(channel), (result) => {
          if (result === null) answers.refuse(scope, id, errors.internal);
          else answers.reply(scope, { id, method: "presence", result });
        });
    },

    presenceStats: (scope: Scope, { command: { id, channel } }: Asked<"presence_stats">) => {
      answers.settle(scope);
      const refusal = rules.mayPresence(channel, askerOf(scope, channel));
      if (refusal) answers.refuse(scope, id, refusal);
      else
        void then(presence.stats(channel), (result) => {
          if (result === null) answers.refuse(scope, id, errors.internal);
          else answers.reply(scope, { id, method: "presence_stats", result });
        });
    },

    history: (scope: Scope, { command }: Asked<"history">) => {
      answers.settle(scope);
      const { id, channel, since, reverse } = command;
      const refusal = rules.mayHistory(channel, askerOf(scope, channel));
      const stream = rules.resolve(channel)?.namespace.history;
      if (refusal || !stream) return answers.refuse(scope, id, refusal ?? errors.notAvailable);
      if (reverse && since?.offset === 0) return answers.refuse(scope, id, errors.badRequest);
      return broker.history(channel, stream, { limit: limitOf(command.limit), since, reverse }, (outcome) => {
        if (!outcome.ok) answers.refuse(scope, id, outcome.error);
        else answers.reply(scope, { id, method: "history", result: outcome.value });
      });
    },
  };
}
