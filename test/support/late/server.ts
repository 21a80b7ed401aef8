import type { Replacements } from "../../../src/app/node.ts";
import { CapturedLog } from "../captured-log.ts";
import { SeededRandom } from "../random.ts";
import { LateBroker } from "./broker.ts";
import { latePresence } from "./presence.ts";
import { Turns } from "./turns.ts";

/** Parts of a server whose broker and presence answer after a random number of turns. */
export function lateParts(random = new SeededRandom()): {
  readonly broker: LateBroker;
  readonly replace: Replacements;
} {
  const schedule = (task: () => void) => void setImmediate(task);
  const clock = { monotonic: () => performance.now(), wall: () => Date.now() } as never;
  const broker = new LateBroker({ random, clock, log: new CapturedLog().log, schedule });
  const turns = new Turns(random, schedule);
  return {
    broker,
    replace: {
      events: (events) => broker.intercept(events),
      broker: (engine) => broker.over(engine),
      presence: (real) => latePresence(real, turns),
    },
  };
}
