import { stormProgram } from "../load/storm.ts";
import { thousands } from "../report/formats.ts";
import { processes as entrants } from "../servers/entrants.ts";
import type { Pair } from "../servers/pair.ts";
import { countConnects } from "./connections.ts";
import { ask, resizeAll, warmUp, warmUpReceivers, withPairs } from "./contest.ts";
import type { Bench, Experiment } from "./experiment.ts";

/** Publications a second of the rows that ask how long one takes. */
const rate = 1_000;

/** What two workers give and cost beside one process, on a machine that the load shares. */
export const processes: Experiment = {
  name: "processes",
  about: "a parent with two workers beside one process, by store",
  async run(bench) {
    bench.terminal.title("Two workers beside one process");
    const program = await stormProgram();
    for (const both of entrants) {
      await withPairs(bench, { entrants: both, layout: { channels: 1, publishers: 8 } }, async (all) => {
        let pairs = await resizeAll(bench, all, warmUpReceivers);
        await warmUp(bench, pairs, 64);
        for (const connections of [warmUpReceivers, ...bench.profile.storeConnections]) {
          pairs = await resizeAll(bench, pairs, connections);
          await askAll(bench, pairs, connections);
        }
        if (program !== null) await countConnects(bench, program, await resizeAll(bench, pairs, warmUpReceivers));
      });
    }
  },
};

/** Asks the questions of one number of subscribers. */
async function askAll(bench: Bench, pairs: Pair[], connections: number): Promise<void> {
  const question = { experiment: "processes", bytes: 64 };
  const to = `8 publishers, ${thousands(connections)} subscribers`;
  for (const window of [1, 64]) {
    const caption = `${to}, ${window === 1 ? "one at a time" : `${window} in flight`}`;
    await ask(bench, pairs, { ...question, connections, caption, window });
  }
  if (connections > warmUpReceivers) return;
  await ask(bench, pairs, { ...question, connections, caption: `${to}, open loop at ${rate}/s`, rate });
}
