import type { LogFields } from "../core/log.ts";
import { then } from "../core/maybe-promise.ts";
import { type Refused, refuse } from "../hooks/in-process/answers.ts";
import { payloadOfValue } from "../operations/json-value.ts";
import type { Others } from "./others.ts";
import type { ConsolePorts } from "./ports.ts";
import type { ShownConnection } from "./shown.ts";

/** Who works with the console: the name that a person gave, and the address of the page. */
export interface Operator {
  readonly name: string;
  readonly address: string;
}

/** What an operator does to the server. Each is a line of the log, with the operator. */
export function createActions({ operations, members, log }: ConsolePorts, others: Others) {
  const note = ({ name, address }: Operator, action: string, target: LogFields) =>
    log.warn("console.action", { action, operator: name, address, ...target });

  /** The user of a connection, here or at another; null where there is none, or it is not authenticated yet. */
  const userOf = async (connection: string): Promise<string | null> => {
    const member = members.member(connection);
    if (member) return member.user;
    const [found] = await others.ask<ShownConnection>("connection", connection);
    return found?.user ?? null;
  };

  return {
    async disconnect(operator: Operator, connection: string): Promise<Refused | Record<never, never>> {
      const user = await userOf(connection);
      if (user === null) return refuse("unknown");
      note(operator, "disconnect", { connection, user });
      operations.disconnect({ user, client: connection });
      return {};
    },

    async unsubscribe(
      operator: Operator,
      connection: string,
      channel: string,
    ): Promise<Refused | Record<never, never>> {
      const user = await userOf(connection);
      if (user === null || channel === "") return refuse("unknown");
      note(operator, "unsubscribe", { connection, user, channel });
      const result = operations.unsubscribe({ user, client: connection }, channel);
      return result.ok ? {} : refuse("unknown", { message: result.error.message });
    },

    /** Publishes, as the source `console` of the publish log. */
    publish(operator: Operator, channel: string, data: unknown) {
      return then(payloadOfValue(data), async (payload) => {
        const result = await operations.publish(channel, { data: payload }, "console");
        if (!result.ok) return refuse("bad_request", { message: result.error.message });
        note(operator, "publish", { channel, offset: result.value.offset });
        return result.value;
      });
    },
  };
}
