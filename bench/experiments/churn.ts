import { LoadProcess } from "../load/load-process.ts";
import { bytes, thousands } from "../report/formats.ts";
import { probedChorusCommand } from "../servers/chorus.ts";
import { broadcasters } from "../servers/entrants.ts";
import { beginLoad } from "../servers/pair.ts";
import { ServerProcess } from "../servers/server-process.ts";
import type { Bench, Experiment } from "./experiment.ts";

/** Connects and closes of one round. */
const perRound = 5_000;

/** After this round the heap has its working size; what it grows by later is lost. */
const settledRound = 4;

const rounds = 12;

/** How much the heap may have grown since then. */
const growthMax = 1.1;

/** How long the server may take to notice that everyone has gone, in steps of 50 ms. */
const noticeSteps = 200;

/** Whether anything is left of those who came and went. */
export const churn: Experiment = {
  name: "churn",
  about: "twelve rounds of 5,000 connects and closes: the heap, and every map, afterwards",
  async run(bench) {
    bench.terminal.title("What stays of connections that have gone");
    const server = await ServerProcess.start(probedChorusCommand());
    const load = new LoadProcess();
    try {
      await roundsOf(bench, server, load);
    } finally {
      await load.stop();
      await server.stop();
    }
  },
};

async function roundsOf(bench: Bench, server: ServerProcess, load: LoadProcess): Promise<void> {
  const entrant = broadcasters.find(({ name }) => name === "Chorus");
  if (!entrant) throw new Error("Chorus is not among the broadcasters");
  await beginLoad(load, { entrant, server, channels: ["bench"], publishers: 0 });
  const heaps: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    bench.terminal.progress(`churn: round ${round}`);
    await load.do("resize", { receivers: perRound });
    await load.do("resize", { receivers: 0 });
    await noticed(server);
    heaps.push(Number(await server.ask("heap")));
  }
  report(bench, heaps, JSON.parse(await server.ask("rest")));
}

async function noticed(server: ServerProcess): Promise<void> {
  for (let step = 0; step < noticeSteps; step++) {
    const { members } = JSON.parse(await server.ask("rest"));
    if (members === 0) return;
    await Bun.sleep(50);
  }
}

function report({ terminal, results }: Bench, heaps: number[], rest: Record<string, number>): void {
  const settled = heaps[settledRound - 1] ?? Number.NaN;
  const last = heaps.at(-1) ?? Number.NaN;
  const head = ["", "heap after Bun.gc(true)"];
  const rows = heaps.map((heap, index) => [`round ${index + 1}`, bytes(heap)]);
  const caption = `${rounds} rounds of ${thousands(perRound)} connects and closes`;
  terminal.table(caption, head, rows);
  terminal.line(`  round ${rounds} has ${(last / settled).toFixed(3)} of the heap of round ${settledRound}`);
  terminal.line(`  left: ${JSON.stringify(rest)}`);
  results.addFinding({ experiment: "churn", caption, head, rows, raw: { heaps, rest } });
  if (last / settled > growthMax) terminal.fail(`the heap grew by more than ${growthMax}`);
  const left = Object.entries(rest).filter(([, count]) => count > 0);
  if (left.length > 0) terminal.fail(`something is left: ${left.map(([name]) => name).join(", ")}`);
}
