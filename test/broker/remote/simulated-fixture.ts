import { RemoteBroker } from "../../../src/broker/remote/remote-broker.ts";
import { type BrokerFixture, type Delivered, fixtureParts } from "../fixture.ts";
import { Scheduler, SimulatedEngine } from "./simulated-engine.ts";
import { SimulatedServer } from "./simulated-server.ts";

/** A remote broker over a simulated engine: `endTurn` lets some connections go on. */
export function simulatedFixture(seed: number): BrokerFixture<RemoteBroker> {
  const { clock, random, captured } = fixtureParts(seed);
  const scheduler = new Scheduler(random);
  const server = new SimulatedServer(clock, random);
  let tasks: (() => void)[] = [];
  const delivered: Delivered[] = [];
  const lost: { channel: string; epoch: string }[] = [];
  const broker = new RemoteBroker({
    events: {
      deliver: (channel, publication, exclude) => {
        const one = { channel, publication, exclude };
        delivered.push(one);
        fixture.onDeliver(one);
      },
      lost: (channel, epoch) => lost.push({ channel, epoch }),
    },
    open: (events) => new SimulatedEngine(server, scheduler, events),
    clock,
    random,
    schedule: (task) => void tasks.push(task),
    log: captured.log,
    socketOf: () => null,
    answerMs: 4_000,
  });
  const fixture: BrokerFixture<RemoteBroker> = {
    broker,
    delivered,
    lost,
    clock,
    captured,
    onDeliver: () => {},
    endTurn: () => {
      const due = tasks;
      tasks = [];
      for (const task of due) task();
      for (let steps = random.int(4); steps > 0; steps--) scheduler.step();
    },
  };
  return fixture;
}
