import { thousands } from "../report/formats.ts";
import { bareBun, broadcasters } from "../servers/entrants.ts";
import type { Pair } from "../servers/pair.ts";
import { withPairs } from "./contest.ts";
import type { Bench, Experiment } from "./experiment.ts";

/** Open files end at 20,000 on many machines; the load process needs one a connection. */
const last = 15_000;
const block = 1_000;

/** Blocks that are averaged at each end of the comparison. */
const averaged = 3;

/** Whether opening a connection costs more when there are many. */
export const spawn: Experiment = {
  name: "spawn",
  about: "the server's CPU for opening a connection, from 1,000 to 15,000 that are open",
  async run(bench) {
    bench.terminal.title("Opening one connection more");
    const entrants = broadcasters.filter(({ name }) => name === bareBun || name === "Chorus");
    const blocks = new Map<string, number[]>();
    for (const entrant of entrants) {
      await withPairs(bench, { entrants: [entrant], layout: { channels: 1, publishers: 0 } }, async (pairs) => {
        for (const pair of pairs) blocks.set(entrant.name, await grow(bench, pair));
      });
    }
    report(bench, blocks);
  },
};

/** Microseconds of the server's CPU per connection, block by block. */
async function grow(bench: Bench, { load, server, entrant }: Pair): Promise<number[]> {
  const most = Math.floor(Math.min(last, openFiles() - 200) / block) * block;
  const costs: number[] = [];
  for (let count = block; count <= most; count += block) {
    bench.terminal.progress(`${entrant.name}: ${thousands(count)} connections`);
    const before = server.cpu();
    await load.do("resize", { receivers: count });
    costs.push(((server.cpu() - before) * 1000) / block);
  }
  return costs;
}

function openFiles(): number {
  const { stdout } = Bun.spawnSync(["sh", "-c", "ulimit -n"]);
  const limit = Number(stdout.toString());
  return Number.isFinite(limit) ? limit : last;
}

function report({ terminal, results }: Bench, blocks: Map<string, number[]>): void {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const head = ["server", `${thousands(block)}-${thousands(averaged * block)}`, "the last three thousand", "growth"];
  const rows = [...blocks].map(([name, costs]) => {
    const first = mean(costs.slice(0, averaged));
    const end = mean(costs.slice(-averaged));
    return [name, `${first.toFixed(0)} us`, `${end.toFixed(0)} us`, (end / first).toFixed(2)];
  });
  const caption = "server CPU for one connection more, with so many open";
  terminal.table(caption, head, rows);
  results.addFinding({ experiment: "spawn", caption, head, rows, raw: Object.fromEntries(blocks) });
}
