import { LoadProcess } from "../load/load-process.ts";
import type { RunResult } from "../load/run.ts";
import { Histogram } from "../measure/histogram.ts";
import { bytes, thousands, time } from "../report/formats.ts";
import { broadcasters, withPresence } from "../servers/entrants.ts";
import { beginLoad, type Pair } from "../servers/pair.ts";
import { resizeAll, withPairs } from "./contest.ts";
import type { Bench, Experiment } from "./experiment.ts";
import { takesPart } from "./fanout.ts";

/** Connections that a server has had, and a round of traffic, before its memory is looked at: what is loaded once is loaded. */
const warmUpConnections = 300;

/** How long a server may settle before its memory is read, in milliseconds. */
const settleMs = 500;

/** The storm: so many connect at once while a thousand others receive so many publications a second. */
const storm = { receivers: 1_000, arrivals: 2_000, rate: 50, calmMs: 1_500, stormMs: 2_500 };

const layout = { channels: 1, publishers: 1 };

/** What a connection costs: memory, the time to open it, and what opening many does to those who are there. */
export const connections: Experiment = {
  name: "connections",
  about: "memory per idle connection, connects per second, and what a storm of connects does to the others",
  async run(bench) {
    bench.terminal.title("What a connection costs");
    const entrants = [...broadcasters.filter(({ name }) => takesPart(bench, name)), withPresence];
    const costs: Cost[] = [];
    const storms: string[][] = [];
    for (const entrant of entrants) {
      await withPairs(bench, { entrants: [entrant], layout }, async (pairs) => {
        for (const pair of pairs) {
          costs.push(await idle(bench, pair));
          if (bench.profile.name !== "quick") storms.push(await weather(bench, pair));
        }
      });
    }
    reportCosts(bench, costs);
    if (storms.length === 0) return;
    const caption = `p99 of ${thousands(storm.receivers)} receivers while ${thousands(storm.arrivals)} connect`;
    const head = ["server", "calm", "in the storm", "storm took"];
    bench.terminal.table(caption, head, storms);
    bench.results.addFinding({ experiment: "connections", caption, head, rows: storms });
  },
};

/** Bytes per connection at each count, and connects a second up to the last of them. */
interface Cost {
  readonly name: string;
  readonly bytes: readonly number[];
  readonly connectsPerSecond: number;
}

function reportCosts({ terminal, results, profile }: Bench, costs: readonly Cost[]): void {
  const caption = `RSS per idle connection (after ${warmUpConnections} connections and their traffic), and connects`;
  const head = ["server", ...profile.idleConnections.map((count) => `at ${thousands(count)}`), "connects/s"];
  const rows = costs.map((cost) => [
    cost.name,
    ...cost.bytes.map(bytes),
    thousands(Math.round(cost.connectsPerSecond)),
  ]);
  terminal.table(caption, head, rows);
  results.addFinding({ experiment: "connections", caption, head, rows, raw: costs });
}

async function idle(bench: Bench, pair: Pair): Promise<Cost> {
  const { load, server, entrant } = pair;
  await resizeAll(bench, [pair], warmUpConnections);
  await load.do("closed", { window: 1, duration: bench.profile.roundMs, bytes: 64 });
  await load.do("resize", { receivers: 0 });
  await Bun.sleep(settleMs);
  const before = server.rss();
  const perConnection: number[] = [];
  let open = 0;
  let rate = Number.NaN;
  for (const count of bench.profile.idleConnections) {
    bench.terminal.progress(`${entrant.name}: ${thousands(count)} idle connections`);
    const took = await load.do("resize", { receivers: count });
    rate = ((count - open) / took) * 1000;
    open = count;
    await Bun.sleep(settleMs);
    perConnection.push((server.rss() - before) / count);
  }
  return { name: entrant.name, bytes: perConnection, connectsPerSecond: rate };
}

/** The p99 of those who are there, without and with the storm. */
async function weather(bench: Bench, pair: Pair): Promise<string[]> {
  const { load, server, entrant } = pair;
  await resizeAll(bench, [pair], storm.receivers);
  const { rate } = storm;
  const calm = await load.do("open", { rate, duration: storm.calmMs, bytes: 64 });
  const newcomers = new LoadProcess();
  try {
    await beginLoad(newcomers, { entrant, server, channels: [`${entrant.namespace}elsewhere`], publishers: 0 });
    const watched = load.do("open", { rate, duration: storm.stormMs, bytes: 64 });
    await Bun.sleep(settleMs);
    const took = await newcomers.do("resize", { receivers: storm.arrivals });
    return [entrant.name, p99(calm), p99(await watched), `${Math.round(took)} ms`];
  } finally {
    await newcomers.stop();
  }
}

function p99({ deliveryLatencies }: RunResult): string {
  return time(new Histogram().add(deliveryLatencies).percentile(0.99));
}
