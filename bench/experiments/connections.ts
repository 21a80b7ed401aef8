import { openStorm, stormProgram } from "../load/storm.ts";
import { Histogram } from "../measure/histogram.ts";
import { ratioOf, spreadOf } from "../measure/spread.ts";
import { ratio, thousands, time } from "../report/formats.ts";
import { bareBun, broadcasters, withPresence } from "../servers/entrants.ts";
import type { Pair } from "../servers/pair.ts";
import { speechOf } from "../speech/speeches.ts";
import { resizeAll, withPairs } from "./contest.ts";
import type { Bench, Experiment } from "./experiment.ts";
import { isPeer, takesPart } from "./fanout.ts";

/** Connections of a round. */
const perRound = 5_000;

/** How long a server may take to forget the connections of a round, in milliseconds. */
const restMs = 700;

/** The bystanders: so many receive so many publications a second while a round's connections are opened. */
const bystanders = { receivers: 1_000, rate: 50, ms: 2_000 };

/** The bystanders of these are watched in every profile but the quick one. */
const plainOnes: readonly string[] = [bareBun, "Chorus"];

/** How many connects a server answers in a second, and what opening them does to the connections that are there. */
export const connections: Experiment = {
  name: "connections",
  about: "connects a second, and p99 of bystanders while they come",
  async run(bench) {
    bench.terminal.title("Connects");
    const program = await stormProgram();
    if (program === null) {
      bench.terminal.once("connections are skipped: Go is not installed, and a load of Bun opens too few");
      return;
    }
    const { name: profile, isComplete, peerProcesses } = bench.profile;
    const entrants = [...broadcasters, ...withPresence].filter(
      (each) => each.speech !== "socket.io" && takesPart(bench, each.name) && !(peerProcesses === 0 && isPeer(each)),
    );
    await withPairs(bench, { entrants, layout: { channels: 1, publishers: 1 } }, async (pairs) => {
      await countConnects(bench, program, pairs);
      if (profile === "quick") return;
      const watched = pairs.filter(({ entrant }) => isComplete || plainOnes.includes(entrant.name));
      await watchBystanders(bench, program, await resizeAll(bench, watched, bystanders.receivers));
    });
  },
};

/** Connects a second, and the server's CPU for one. */
export async function countConnects(
  { terminal, results, profile }: Bench,
  program: string,
  pairs: Pair[],
): Promise<void> {
  const raw = pairs.map(({ entrant }) => ({ name: entrant.name, rates: [] as number[], cpu: [] as number[] }));
  // The first round of each is not counted: a compiler is at work.
  for (let round = -1; round < profile.rounds; round++) {
    for (const [index, pair] of pairs.entries()) {
      terminal.progress(`connects: round ${round + 1}, ${pair.entrant.name}`);
      const cpu = pair.server.cpu();
      const storm = await openStorm(program, targetOf(pair), perRound);
      if (round >= 0) raw[index]?.rates.push((perRound / storm.milliseconds) * 1_000);
      if (round >= 0) raw[index]?.cpu.push(((pair.server.cpu() - cpu) * 1_000) / perRound);
      await storm.close();
      await Bun.sleep(restMs);
    }
  }
  const bare = raw.find(({ name }) => name === bareBun)?.rates ?? raw[0]?.rates ?? [];
  const head = ["server", "connects/s", "least", "most", `of ${baselineOf(pairs)}`, "server's CPU for one"];
  const rows = raw.map(({ name, rates, cpu }) => {
    const { median, min, max } = spreadOf(rates);
    const figures = [median, min, max].map((rate) => thousands(Math.round(rate)));
    return [name, ...figures, ratio(ratioOf(rates, bare)), time(spreadOf(cpu).median * 1_000)];
  });
  const caption = `${thousands(perRound)} connects, 256 at a time: upgraded, and where the protocol has it connected and subscribed`;
  terminal.table(caption, head, rows);
  results.addFinding({ experiment: "connections", caption, head, rows, raw });
}

function baselineOf(pairs: readonly Pair[]): string {
  const names = pairs.map(({ entrant }) => entrant.name);
  return names.includes(bareBun) ? bareBun : (names[0] ?? "");
}

/** The p99 of connections that are there, without and with the storm. */
async function watchBystanders({ terminal, results, profile }: Bench, program: string, pairs: Pair[]): Promise<void> {
  const { rate, receivers, ms: duration } = bystanders;
  const rows: string[][] = [];
  for (const pair of pairs) {
    const calm: number[] = [];
    const stormy: number[] = [];
    for (let round = 0; round < profile.rounds; round++) {
      terminal.progress(`bystanders: round ${round + 1}, ${pair.entrant.name}`);
      calm.push(p99(await pair.load.do("open", { rate, duration, bytes: 64 })));
      const watched = pair.load.do("open", { rate, duration, bytes: 64 });
      await Bun.sleep(duration / 4);
      const storm = await openStorm(program, targetOf(pair), perRound);
      stormy.push(p99(await watched));
      await storm.close();
      await Bun.sleep(restMs);
    }
    rows.push([pair.entrant.name, milliseconds(calm), milliseconds(stormy)]);
  }
  const caption = `p99 of ${thousands(receivers)} receivers while ${thousands(perRound)} connect`;
  const head = ["server", "before", "while they connect"];
  terminal.table(caption, head, rows);
  results.addFinding({ experiment: "connections", caption, head, rows });
}

/** The newcomers have a channel of their own. */
function targetOf({ server, entrant }: Pair) {
  const { speech, path, namespace } = entrant;
  return { port: server.port, speech: speechOf(speech, path), channel: `${namespace}elsewhere` };
}

function p99({ deliveryLatencies }: { deliveryLatencies: Parameters<Histogram["add"]>[0] }): number {
  return new Histogram().add(deliveryLatencies).percentile(0.99);
}

function milliseconds(values: readonly number[]): string {
  const { median, min, max } = spreadOf(values);
  return `${(median / 1e6).toFixed(1)} ms (${(min / 1e6).toFixed(1)}-${(max / 1e6).toFixed(1)})`;
}
