import { RemoteBroker } from "../../../src/broker/remote/remote-broker.ts";
import { type BrokerFixture, fixtureParts, stageOf } from "../fixture.ts";
import { Scheduler, SimulatedEngine } from "./simulated-engine.ts";
import { SimulatedServer } from "./simulated-server.ts";

/** A remote broker over a simulated engine: `endTurn` lets some connections go on. */
export function simulatedFixture(seed: number): BrokerFixture<RemoteBroker> {
  const parts = fixtureParts(seed);
  const { clock, random, captured } = parts;
  const scheduler = new Scheduler(random);
  const server = new SimulatedServer(clock, random);
  const { stage, events, schedule } = stageOf(parts, () => {
    for (let steps = random.int(4); steps > 0; steps--) scheduler.step();
  });
  const broker = new RemoteBroker({
    announce: () => {},
    events,
    open: (events) => new SimulatedEngine(server, scheduler, events),
    clock,
    random,
    schedule,
    log: captured.log,
    socketOf: () => null,
    answerMs: 4_000,
  });
  return Object.assign(stage, { broker });
}
