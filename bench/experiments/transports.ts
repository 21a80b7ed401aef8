import { thousands } from "../report/formats.ts";
import { type Entrant, transports as entrants, filtering } from "../servers/entrants.ts";
import { ask, resizeAll, warmUp, warmUpReceivers, withPairs } from "./contest.ts";
import type { Bench, Experiment } from "./experiment.ts";

/** Fan-out over each transport in each encoding, and through filters by tags. */
export const transports: Experiment = {
  name: "transports",
  about: "fan-out in Protobuf, over server-sent events, and through filters by tags",
  async run(bench) {
    await compare(bench, "Transports: one sender to everyone in its channel", entrants);
    await compare(bench, "Filters by tags: ten of them, which let everything pass", filtering);
  },
};

async function compare(bench: Bench, title: string, compared: readonly Entrant[]): Promise<void> {
  bench.terminal.title(title);
  await withPairs(bench, { entrants: compared, layout: { channels: 1, publishers: 1 } }, async (all) => {
    let pairs = await resizeAll(bench, all, warmUpReceivers);
    await warmUp(bench, pairs, 50);
    for (const connections of bench.profile.storeConnections) {
      pairs = await resizeAll(bench, pairs, connections);
      const caption = `${thousands(connections)} subscribers, 64 B, 50 in flight`;
      await ask(bench, pairs, { experiment: "transports", connections, bytes: 64, caption, window: 50 });
    }
  });
}
