import { MemoryStore } from "../../src/broker/local/memory.ts";
import { createLocalBroker } from "../../src/broker/local.ts";
import { LateBroker } from "../support/late/broker.ts";
import { type BrokerFixture, fixtureParts, stageOf } from "./fixture.ts";

/** A broker over one in memory that answers after a random number of turns. */
export function lateFixture(seed: number): BrokerFixture<LateBroker> {
  const parts = fixtureParts(seed);
  const { clock, random } = parts;
  const { log } = parts.captured;
  const { stage, events, schedule } = stageOf(parts);
  const broker = new LateBroker({ random, clock, log, schedule, hearsAll: true });
  const memory = new MemoryStore(clock, random);
  const stores = { memory, sqlite: memory };
  broker.over(createLocalBroker({ events: broker.intercept(events), stores, clock, random, schedule, log }));
  return Object.assign(stage, { broker });
}
