import { MemoryStore } from "../../src/broker/local/memory.ts";
import { createLocalBroker } from "../../src/broker/local.ts";
import { LateBroker } from "../support/late/broker.ts";
import { type BrokerFixture, type Delivered, fixtureParts } from "./fixture.ts";

/** A broker over one in memory that answers after a random number of turns. */
export function lateFixture(seed: number): BrokerFixture<LateBroker> {
  const { clock, random, captured } = fixtureParts(seed);
  const { log } = captured;
  let tasks: (() => void)[] = [];
  const schedule = (task: () => void) => void tasks.push(task);
  const late = new LateBroker({ random, clock, log, schedule, hearsAll: true });
  const delivered: Delivered[] = [];
  const lost: { channel: string; epoch: string }[] = [];
  const events = late.intercept({
    deliver: (channel, publication, exclude) => {
      const one = { channel, publication, exclude };
      delivered.push(one);
      fixture.onDeliver(one);
    },
    lost: (channel, epoch) => lost.push({ channel, epoch }),
  });
  const memory = new MemoryStore(clock, random);
  const stores = { memory, sqlite: memory };
  late.over(createLocalBroker({ events, stores, clock, random, schedule, log }));
  const fixture: BrokerFixture<LateBroker> = {
    broker: late,
    delivered,
    lost,
    clock,
    captured,
    onDeliver: () => {},
    endTurn: () => {
      const due = tasks;
      tasks = [];
      for (const task of due) task();
    },
  };
  return fixture;
}
