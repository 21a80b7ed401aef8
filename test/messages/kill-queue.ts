import { writeSync } from "node:fs";
import { createMessageStore } from "../../src/messages/store.ts";
import { createLog } from "../../src/runtime/log.ts";
import { systemClock as clock } from "../../src/runtime/system.ts";
import { SeededRandom } from "../support/random.ts";
import { entryOf, json, queueOf } from "./fixture.ts";

// The process that is killed: it puts and takes for ever, and tells each step on its standard output, what it is about
// to do as well as what it has done.

const [path = "", seed = "1"] = process.argv.slice(2);
const random = new SeededRandom(Number(seed));
const log = createLog({ level: "warn", format: "json" }, process.stderr);
const schedule = (task: () => void, delay: number) => void setTimeout(task, delay);
const options = {
  path,
  log: { enabled: true, retention: 3_600_000, size: 1_000, payloads: false },
  inbox: { size: 100_000, ttl: 3_600_000 },
};
const store = createMessageStore(options, { clock, log, schedule });
const queue = queueOf(store.inbox);
const tell = (...step: readonly unknown[]) => writeSync(1, `${JSON.stringify(step)}\n`);

/** One step: mostly a put, sometimes all of a user's messages are taken. */
function step(count: number): void {
  const user = `u${random.int(8)}`;
  store.log.record(entryOf(user, { time: clock.wall() }));
  if (random.int(20) === 0) {
    tell("taking", user);
    tell(
      "taken",
      user,
      queue.take(user).map((payload) => (payload.kind === "json" ? JSON.parse(payload.json) : "")),
    );
  } else {
    const value = `${seed} ${count}`;
    const remember = { key: value, answer: `answer to ${value}` };
    const outcome = queue.put(user, json(value), { expiresAt: clock.wall() + 3_600_000, remember });
    tell(outcome, user, value);
  }
}

for (let count = 0; ; count++) {
  step(count);
  if (count % 50 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
}
