import { LoadProcess } from "../load/load-process.ts";
import type { RecoveryResult } from "../load/recovery.ts";
import { Histogram } from "../measure/histogram.ts";
import { median } from "../measure/spread.ts";
import { amount, share, time } from "../report/formats.ts";
import { recovering } from "../servers/entrants.ts";
import { beginLoad } from "../servers/pair.ts";
import { ServerProcess } from "../servers/server-process.ts";
import type { Bench, Experiment } from "./experiment.ts";

const clients = 16;
const publications = 100;

/** What coming back costs: a subscribe that brings back a hundred missed publications. */
export const recovery: Experiment = {
  name: "recovery",
  about: "subscribes a second with recovery of 100 publications",
  async run(bench) {
    bench.terminal.title("Recovery");
    const command = await recovering.command(bench.servers);
    if (typeof command === "string") return;
    const server = await ServerProcess.start(command);
    const load = new LoadProcess();
    try {
      await beginLoad(load, { entrant: recovering, server, channels: [], publishers: 0 });
      const rounds: RecoveryResult[] = [];
      for (let round = 0; round < bench.profile.rounds; round++) {
        bench.terminal.progress(`recovery: round ${round + 1}`);
        const channel = `${recovering.namespace}round-${round}`;
        rounds.push(await load.do("recover", { channel, clients, publications, duration: bench.profile.roundMs }));
      }
      report(bench, rounds);
    } catch (error) {
      bench.terminal.fail(`recovery: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await load.stop();
      await server.stop();
    }
  },
};

function report({ terminal, results }: Bench, rounds: readonly RecoveryResult[]): void {
  const histogram = new Histogram();
  for (const { latencies } of rounds) histogram.add(latencies);
  const rates = rounds.map(({ recoveries, elapsed }) => (recoveries / elapsed) * 1000);
  const head = ["recoveries/s", "least", "most", "p50 / p99", "server CPU", "load CPU"];
  const rows = [
    [
      amount(median(rates)),
      amount(Math.min(...rates)),
      amount(Math.max(...rates)),
      `${time(histogram.percentile(0.5))} / ${time(histogram.percentile(0.99))}`,
      share(median(rounds.map(({ serverCpu, elapsed }) => serverCpu / elapsed))),
      share(median(rounds.map(({ loadCpu, elapsed }) => loadCpu / elapsed))),
    ],
  ];
  const caption = `${clients} clients subscribe, each time with recovery of ${publications} publications of 64 B`;
  terminal.table(caption, head, rows);
  results.addFinding({ experiment: "recovery", caption, head, rows, raw: rounds });
}
