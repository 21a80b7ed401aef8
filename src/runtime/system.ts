import type { Clock } from "../core/clock.ts";
import type { Random } from "../core/random.ts";
import { milliseconds } from "../core/time.ts";
import type { Timers } from "../core/timers.ts";

/** The machine's own time. */
export const systemClock: Clock = {
  monotonic: () => milliseconds(performance.now()),
  wall: () => milliseconds(Date.now()),
};

/** The event loop's own timers. A timeout does not keep a process alive that has nothing else to do. */
export const systemTimers: Timers = {
  setTimeout: (run, delay) => {
    const timer = setTimeout(run, delay);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  setInterval: (run, interval) => {
    const timer = setInterval(run, interval);
    return { cancel: () => clearInterval(timer) };
  },
  setImmediate: (run) => void setImmediate(run),
};

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** The machine's own chance. */
export const systemRandom: Random = {
  uuid: () => crypto.randomUUID(),
  epoch: () => {
    const bytes = crypto.getRandomValues(new Uint8Array(8));
    return Array.from(bytes, (byte) => letters[byte % letters.length]).join("");
  },
  float: () => Math.random(),
};
