import type { Broker, Joined } from "../broker/broker.ts";
import { countIn } from "../metrics/counters.ts";

/** Counts the joins from a position, by outcome. */
export function countRecoveries(broker: Broker, recoveries: Map<string, number>): Broker {
  return {
    ...broker,
    join: (channel, options, since, attach, account) => {
      if (since === null) return broker.join(channel, options, since, attach, account);
      const counted: typeof attach = (joined, error) => {
        countIn(recoveries, outcomeOf(joined));
        attach(joined, error);
      };
      broker.join(channel, options, since, counted, account);
    },
  };
}

function outcomeOf(joined: Joined | null): "recovered" | "not_recovered" | "failed" {
  if (joined === null) return "failed";
  return joined.recovered ? "recovered" : "not_recovered";
}
