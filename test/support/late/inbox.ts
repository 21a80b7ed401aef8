import type { Inbox } from "../../../src/messages/inbox.ts";
import type { Turns } from "./turns.ts";

/** An inbox that is far away: it answers after a random number of turns, in order within a user or a key. */
export function lateInbox(real: Inbox, turns: Turns): Inbox {
  return {
    append: (message) => turns.answer(`inbox ${message.user}`, () => real.append(message)),
    take: (take) => turns.answer(`inbox ${take.user}`, () => real.take(take)),
    owed: (device, ids) => turns.answer(`inbox ${device.user}`, () => real.owed(device, ids)),
    settle: (device, ids, how) => turns.answer(`inbox ${device.user}`, () => real.settle(device, ids, how)),
    sweep: () => turns.answer("sweep", () => real.sweep()),
    remember: (key, answer) => turns.answer(`key ${key}`, () => real.remember(key, answer)),
    recall: (key) => turns.answer(`key ${key}`, () => real.recall(key)),
    listen: (appended) => real.listen((user) => void turns.answer(`told ${user}`, () => appended(user))),
  };
}
