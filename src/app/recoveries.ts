import type { Broker, Joined } from "../broker/broker.ts";
import { countIn } from "../metrics/counters.ts";

/** Counts the joins from a position, by outcome. */
export function countRecoveries(broker: Broker, recoveries: Map<string, number>): Broker {
  return {
    ...broker,
    join: (channel, options, since, attach) => {
      if (since === null) return broker.join(channel, options, since, attach);
      broker.join(channel, options, since, (joined) => {
        countIn(recoveries, outcomeOf(joined));
        attach(joined);
      });
    },
  };
}

function outcomeOf(joined: Joined | null): "recovered" | "not_recovered" | "failed" {
  if (joined === null) return "failed";
  return joined.recovered ? "recovered" : "not_recovered";
}
