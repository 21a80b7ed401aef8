import { thousands } from "../report/formats.ts";
import { stores as entrants } from "../servers/entrants.ts";
import { ask, resizeAll, warmUp, warmUpReceivers, withPairs } from "./contest.ts";
import type { Experiment } from "./experiment.ts";
import { openRate } from "./fanout.ts";

/** What the Centrifuge protocol and each store cost, beside a bare Bun that parses JSON and publishes the same push. */
export const stores: Experiment = {
  name: "stores",
  about: "the Centrifuge protocol without history, with memory, with SQLite",
  async run(bench) {
    bench.terminal.title("The Centrifuge protocol, by store");
    await withPairs(bench, { entrants, layout: { channels: 1, publishers: 1 } }, async (all) => {
      let pairs = await resizeAll(bench, all, warmUpReceivers);
      await warmUp(bench, pairs, 50);
      for (const connections of bench.profile.storeConnections) {
        pairs = await resizeAll(bench, pairs, connections);
        const to = `${thousands(connections)} subscribers, 64 B`;
        const question = { experiment: "stores", connections, bytes: 64 };
        for (const window of [1, 50]) {
          const how = window === 1 ? "one at a time" : `${window} in flight`;
          await ask(bench, pairs, { ...question, caption: `${to}, ${how}`, window });
        }
        if (!bench.profile.openLoop) continue;
        const rate = openRate(connections);
        await ask(bench, pairs, { ...question, caption: `${to}, open loop at ${rate}/s`, rate });
      }
    });
  },
};
