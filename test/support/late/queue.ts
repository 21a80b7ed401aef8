import type { OfflineQueue } from "../../../src/messages/offline-queue.ts";
import type { Turns } from "./turns.ts";

/** A queue that is far away: it answers after a random number of turns, in order within a user or a key. */
export function lateQueue(real: OfflineQueue, turns: Turns): OfflineQueue {
  return {
    put: (user, payload, options) => turns.answer(`queue ${user}`, () => real.put(user, payload, options)),
    take: (user, bytesMax) => turns.answer(`queue ${user}`, () => real.take(user, bytesMax)),
    has: (user) => turns.answer(`queue ${user}`, () => real.has(user)),
    remember: (key, answer) => turns.answer(`key ${key}`, () => real.remember(key, answer)),
    recall: (key) => turns.answer(`key ${key}`, () => real.recall(key)),
  };
}
