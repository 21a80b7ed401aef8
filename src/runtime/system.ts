import type { Clock } from "../core/clock.ts";
import type { Random } from "../core/random.ts";

/** The machine's own time: a wall clock that jumps moves token expiry, never a timer (fault F14). */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
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
