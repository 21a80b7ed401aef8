import { thousands } from "../report/formats.ts";
import { bareBun, broadcasters, type Entrant } from "../servers/entrants.ts";
import type { Pair } from "../servers/pair.ts";
import { ask, resizeAll, warmUp, warmUpReceivers, withPairs } from "./contest.ts";
import type { Bench, Experiment } from "./experiment.ts";

/** Bytes that may be under way to all receivers together; a row with more would measure the kernel's buffers. */
const underWayMax = 256 * 1024 * 1024;

/** Deliveries a second that the open loop asks for: well under what every server here can do at every size. */
const openDeliveries = 50_000;

/** How long a broadcast takes to reach everyone, and how that grows with connections. */
export const fanout: Experiment = {
  name: "fanout",
  about: "one publishes, all others receive: by connections, size, and how many are in flight",
  async run(bench) {
    bench.terminal.title("Fan-out: one sender to everyone in its channel");
    const entrants = broadcasters.filter(({ name }) => takesPart(bench, name));
    await withPairs(bench, { entrants, layout: { channels: 1, publishers: 1 } }, async (all) => {
      let pairs = await resizeAll(bench, all, warmUpReceivers);
      await warmUp(bench, pairs, 50);
      for (const connections of bench.profile.connections) {
        pairs = await resizeAll(bench, pairs, connections);
        await askAll(bench, pairs, connections);
      }
    });
  },
};

/** Bare Bun and Chorus always take part, peers unless others were named. A variant is named behind a comma. */
export function takesPart({ peers }: Pick<Bench, "peers">, name: string): boolean {
  const [server = ""] = name.split(",");
  return name === bareBun || server === "Chorus" || peers === null || peers.includes(server.toLowerCase());
}

/** Whether it is neither bare Bun nor Chorus. */
export function isPeer({ name }: Pick<Entrant, "name">): boolean {
  return !takesPart({ peers: [] }, name);
}

/** Publications a second of an open loop to so many. */
export function openRate(connections: number): number {
  return Math.min(1_000, Math.max(2, Math.round(openDeliveries / connections)));
}

async function askAll(bench: Bench, pairs: readonly Pair[], connections: number): Promise<void> {
  for (const bytes of bench.profile.sizes) {
    const to = `${thousands(connections)} ${connections === 1 ? "connection" : "connections"}, ${thousands(bytes)} B`;
    const question = { experiment: "fanout", connections, bytes };
    for (const window of [1, 50]) {
      const caption = `${to}, ${window === 1 ? "one at a time" : `${window} in flight`}`;
      if (window * bytes * connections > underWayMax) bench.terminal.line(`\n${caption}: skipped, too much at once`);
      else await ask(bench, pairs, { ...question, caption, window });
    }
    if (!bench.profile.openLoop) continue;
    const rate = openRate(connections);
    await ask(bench, pairs, { ...question, caption: `${to}, open loop at ${rate}/s`, rate });
  }
}
