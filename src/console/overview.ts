import type { Milliseconds } from "../core/time.ts";
import { milliseconds } from "../core/time.ts";
import { type Census, CensusTaker } from "./census.ts";
import { every } from "./every.ts";
import type { Others } from "./others.ts";
import type { ConsolePorts } from "./ports.ts";
import type { Sample } from "./shown.ts";
import { sumOf } from "./sums.ts";

/** A sample is made of so many parts, one each sweep. */
const parts = 20;
const partInterval: Milliseconds = milliseconds(50);

/** Samples the server until the signal aborts: the first one at once, then one each second. */
export function sample(
  ports: ConsolePorts,
  others: Others,
  { publish, signal }: { publish: (sample: Sample) => void; signal: AbortSignal },
): void {
  const tell = async (own: Sample) => {
    publish(ports.isOneNode ? sumOf(own, await others.ask<Sample>("sample", "")) : own);
  };
  void tell(sampleNow(ports));
  const taker = new CensusTaker(ports.members, parts);
  let part = 0;
  let census: Census | null = null;
  every(ports.timers, partInterval, signal, () => {
    part += 1;
    census ??= taker.count();
    if (part < parts || census === null) return;
    void tell(sampleOf(ports, census));
    part = 0;
    census = null;
  });
}

/** Answers the consoles of the other processes of this node. */
export function answerSamples(ports: ConsolePorts, others: Others): void {
  others.answer("sample", () => sampleNow(ports));
}

function sampleNow(ports: ConsolePorts): Sample {
  return sampleOf(ports, new CensusTaker(ports.members, 1).count() ?? { states: {}, protocols: {} });
}

/** The figures of this moment. */
function sampleOf(ports: ConsolePorts, census: Census): Sample {
  const { counters, members, clock, subscribers } = ports;
  const { client, api, server, hook } = counters.publishes;
  return {
    at: clock.wall(),
    ...census,
    hub: String(ports.hub.getSnapshot().value),
    connections: members.count().connections,
    users: members.count().users,
    channels: subscribers.size,
    stalled: ports.stalled(),
    lag: ports.loopLag(),
    memory: ports.memory(),
    accepted: counters.accepted,
    refused: Object.fromEntries(counters.refused),
    closed: Object.fromEntries(counters.closed),
    errors: Object.fromEntries(counters.commandErrors),
    recoveries: Object.fromEntries(counters.recoveries),
    publishes: client.accepted + api.accepted + server.accepted + hook.accepted,
    deliveries: counters.deliveries,
    slow: counters.slow,
    crashes: counters.crashes,
    bytesIn: counters.bytesIn,
    bytesOut: counters.bytesOut,
    nodes: ports.nodes().map(({ name, version, clients, users, channels }) => {
      return { name, version, connections: clients, users, channels };
    }),
    hooks: ports.hooks().map(({ kind, name, calls, errors, timeouts, limited, inFlight, durationSum }) => {
      return { kind, name, calls, errors, timeouts, limited, inFlight, mean: calls > 0 ? durationSum / calls : 0 };
    }),
  };
}
