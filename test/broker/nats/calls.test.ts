import { expect, test } from "bun:test";
import { NatsEngine } from "../../../src/broker/nats/engine.ts";
import { describeWithEngine } from "../../support/engines.ts";
import { TestNats } from "../../support/nats.ts";
import { testTimeout } from "../../support/patience.ts";
import { SeededRandom } from "../../support/random.ts";
import { callOf, named, onReal, onSimulated, type Told } from "../remote/calls.ts";
import { enginePorts } from "../remote/engine-ports.ts";

/** Those of one channel have an order, and among them those that are kept. */
function ordered(messages: readonly Told[]): Told[] {
  const rank = ({ channel, offset }: Told) => `${channel} ${offset > 0}`;
  return messages.toSorted((one, other) => rank(one).localeCompare(rank(other)));
}

describeWithEngine("JetStream", "nats-server", () => {
  test(
    "[NA1] it answers every sequence of calls as the simulated server does, and tells the same messages",
    async () => {
      await using nats = await TestNats.start();
      const random = new SeededRandom();
      for (let run = 0; run < 25; run++) {
        const calls = Array.from({ length: 40 }, (_, number) => callOf(random, number, "configured"));
        const own = nats.options(nats.port, {
          prefix: `run-${run}`,
          jetstream: { stream: `run-${run}`, replicas: 1, storage: "memory" },
        });
        const [real, realMessages] = await onReal((events) => new NatsEngine(own, events, enginePorts()), 1, calls);
        const [simulated, simulatedMessages] = onSimulated(calls);
        expect(named(real)).toBe(named(simulated));
        expect(named(ordered(realMessages))).toBe(named(ordered(simulatedMessages)));
      }
    },
    testTimeout,
  );
});
