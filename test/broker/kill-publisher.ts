import { writeSync } from "node:fs";
import { MemoryStore } from "../../src/broker/local/memory.ts";
import { SqliteStore } from "../../src/broker/local/sqlite-store.ts";
import { createLocalBroker } from "../../src/broker/local.ts";
import { createLog } from "../../src/runtime/log.ts";
import { systemClock as clock, systemRandom } from "../../src/runtime/system.ts";
import { SeededRandom } from "../support/random.ts";
import { draftOf, killOptions } from "./fixture.ts";

// The process that is killed: sixteen publishers, each of which publishes anew when it was answered, and a line on the
// standard output for each acknowledged publication: channel, epoch, offset and what was published.

const [path = "", seed = "1"] = process.argv.slice(2);
const random = new SeededRandom(Number(seed));
const log = createLog({ level: "warn", format: "json" }, process.stderr);
const sqlite = new SqliteStore({ path, synchronous: "full" }, { clock, random: systemRandom, log });
const memory = new MemoryStore(clock, random);
const stores = { memory, sqlite };
const broker = createLocalBroker({
  events: { deliver: () => {}, lost: () => {} },
  stores,
  clock,
  random,
  schedule: setImmediate,
  log,
});

/** Some publishers share a channel, and some come back in the same turn, others in a later one. */
function publishForEver(publisher: number, count: number): void {
  const channel = `room ${publisher % 5}`;
  const value = `${seed} ${publisher} ${count} ${"x".repeat(random.int(300))}`;
  const key = count % 10 === 0 ? { idempotencyKey: value } : {};
  broker.publish(draftOf(channel, value, { history: killOptions, ...key }), (outcome) => {
    if (!outcome.ok) throw new Error(`A publish was refused with ${outcome.error.code}.`);
    const { epoch, offset } = outcome.value;
    writeSync(1, `${JSON.stringify([channel, epoch, offset, value])}\n`);
    const again = () => publishForEver(publisher, count + 1);
    if (random.int(4) === 0) setTimeout(again, random.int(3));
    else setImmediate(again);
  });
}

for (let publisher = 0; publisher < 16; publisher++) publishForEver(publisher, 0);
