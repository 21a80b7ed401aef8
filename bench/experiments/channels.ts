import { thousands } from "../report/formats.ts";
import { broadcasters, type Entrant, stores } from "../servers/entrants.ts";
import { ask, resizeAll, warmUp, withPairs } from "./contest.ts";
import type { Bench, Experiment } from "./experiment.ts";
import { takesPart } from "./fanout.ts";

const perChannel = 10;
const publishers = 100;

/** Many small channels instead of one large one: what is left of a server when the fan-out is short. */
export const channels: Experiment = {
  name: "channels",
  about: "1,000 channels of 10, 100 publishers",
  async run(bench) {
    bench.terminal.title(`${thousands(bench.profile.channels)} channels of ${perChannel}, ${publishers} publishers`);
    const clients = broadcasters.filter(({ name, speech }) => speech !== "centrifuge-joined" && takesPart(bench, name));
    await contest(bench, clients, "bare clients: each publishes into the channel that it is in");
    const protocol = stores.filter(({ namespace }) => namespace === "");
    await contest(bench, protocol, "Centrifuge clients: each publishes into several channels in turn");
  },
};

async function contest(bench: Bench, entrants: readonly Entrant[], caption: string): Promise<void> {
  const { channels } = bench.profile;
  const connections = channels * perChannel;
  await withPairs(bench, { entrants, layout: { channels, publishers } }, async (all) => {
    const pairs = await resizeAll(bench, all, connections);
    await warmUp(bench, pairs, publishers);
    await ask(bench, pairs, { experiment: "channels", caption, connections, bytes: 64, window: publishers });
  });
}
