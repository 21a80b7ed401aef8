import type { Presence } from "../../../src/presence/presence.ts";
import type { Turns } from "./turns.ts";

/** Presence that is far away: changes and answers come after a random number of turns, in order within a channel. */
export function latePresence(real: Presence, turns: Turns): Presence {
  return {
    enter: (channel, info) => turns.add(`presence ${channel}`, () => real.enter(channel, info)),
    leave: (channel, client) => turns.add(`presence ${channel}`, () => real.leave(channel, client)),
    list: (channel) => turns.answer(`presence ${channel}`, () => real.list(channel)),
    stats: (channel) => turns.answer(`presence ${channel}`, () => real.stats(channel)),
  };
}
