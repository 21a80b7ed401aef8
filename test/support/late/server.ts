import type { Replacements } from "../../../src/app/node.ts";
import type { Clock } from "../../../src/core/clock.ts";
import { systemClock } from "../../../src/runtime/system.ts";
import { CapturedLog } from "../captured-log.ts";
import { SeededRandom } from "../random.ts";
import { LateBroker, type LateOptions } from "./broker.ts";
import { lateInbox } from "./inbox.ts";
import { latePresence } from "./presence.ts";
import { Turns } from "./turns.ts";

/** Parts of a server that answer after a random number of turns. */
export interface LateParts {
  readonly broker: LateBroker;
  readonly replace: Replacements;
  /** Resolves when none of them has anything left to do. */
  quiet(): Promise<void>;
}

/** A broker, a presence and an inbox that answer later; the clock is the server's. */
export function lateParts(
  random = new SeededRandom(),
  clock: Clock = systemClock,
  losses: Pick<LateOptions, "lossesPerMille" | "losses" | "onLost"> = {},
): LateParts {
  const schedule = (task: () => void) => void setImmediate(task);
  const broker = new LateBroker({ random, clock, log: new CapturedLog().log, schedule, ...losses });
  const turns = new Turns(random, schedule);
  return {
    broker,
    replace: {
      events: (events) => broker.intercept(events),
      broker: (engine) => broker.over(engine),
      presence: (real) => latePresence(real, turns),
      inbox: (real) => lateInbox(real, turns),
    },
    async quiet() {
      // What the engine has not committed yet is on its way too.
      while (!(broker.flush() && turns.isIdle)) await Promise.all([broker.quiet(), turns.quiet()]);
    },
  };
}
