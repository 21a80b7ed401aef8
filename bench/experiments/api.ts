import type { HttpResult } from "../load/http-loop.ts";
import { LoadProcess } from "../load/load-process.ts";
import type { RunResult } from "../load/run.ts";
import { Histogram } from "../measure/histogram.ts";
import { median, ratioOf } from "../measure/spread.ts";
import { amount, ratio, share, thousands, time } from "../report/formats.ts";
import { apiKey } from "../servers/chorus.ts";
import { bareHttp, type Entrant, stores } from "../servers/entrants.ts";
import { beginLoad } from "../servers/pair.ts";
import { ServerProcess } from "../servers/server-process.ts";
import type { Bench, Experiment } from "./experiment.ts";

const connections = 16;

/** A back end pushes so often into a channel of so many. */
const steady = { rate: 500, subscribers: 1_000, ms: 10_000, quickMs: 2_000 };

interface Contender {
  readonly entrant: Entrant;
  readonly server: ServerProcess;
  readonly load: LoadProcess;
  readonly rounds: (HttpResult | null)[];
}

/** Publishing through the HTTP API. */
export const api: Experiment = {
  name: "api",
  about: "publishes a second through the HTTP API, and 500 a second to 1,000 subscribers",
  async run(bench) {
    bench.terminal.title("The HTTP API");
    const memory = stores.find(({ namespace }) => namespace === "memory:");
    const contenders: Contender[] = [];
    try {
      for (const entrant of [bareHttp, ...(memory ? [memory] : [])]) contenders.push(await start(bench, entrant));
      await publishes(bench, contenders);
      for (const { entrant, server } of contenders.slice(1)) await pushes(bench, entrant, server);
    } catch (error) {
      bench.terminal.fail(`the HTTP API: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      for (const { load, server } of contenders) await Promise.all([load.stop(), server.stop()]);
    }
  },
};

async function start(bench: Bench, entrant: Entrant): Promise<Contender> {
  const command = await entrant.command(bench.servers);
  if (typeof command === "string") throw new Error(command);
  const server = await ServerProcess.start(command);
  const load = new LoadProcess();
  await beginLoad(load, { entrant, server, channels: [], publishers: 0 });
  return { entrant, server, load, rounds: [] };
}

/** As many as there are answers, into a channel with history in memory and no subscribers. */
async function publishes({ terminal, results, profile }: Bench, contenders: readonly Contender[]): Promise<void> {
  for (let round = 0; round < profile.rounds; round++) {
    for (const { entrant, server, load, rounds } of contenders) {
      terminal.progress(`API publishes: round ${round + 1}, ${entrant.name}`);
      const api = { port: server.port, path: "/api/publish", key: apiKey };
      const channel = `${entrant.namespace}nobody`;
      rounds.push(await load.do("http", { api, connections, channel, duration: profile.roundMs }));
    }
  }
  const rates = contenders.map(({ rounds }) => rounds.map(rateOf));
  const head = ["server", "publishes/s", "of the first", "p50 / p99 / p99.9", "server CPU", "load CPU"];
  const rows = contenders.map(({ entrant, rounds }, index) => {
    const histogram = new Histogram();
    for (const round of rounds) histogram.add(round?.latencies ?? []);
    const own = rates[index] ?? [];
    return [
      entrant.name,
      amount(median(own.filter((rate) => rate !== null))),
      index === 0 ? "1" : ratio(ratioOf(own, rates[0] ?? [])),
      percentiles(histogram),
      share(last(rounds, ({ serverCpu, elapsed }) => serverCpu / elapsed)),
      share(last(rounds, ({ loadCpu, elapsed }) => loadCpu / elapsed)),
    ];
  });
  const caption = `POST /api/publish over ${connections} keep-alive connections, history in memory, no subscribers`;
  terminal.table(caption, head, rows);
  terminal.line("  a Centrifugo 6.9 elsewhere: 52,000, beside a bare Bun of 92,000-110,000");
  results.addFinding({ experiment: "api", caption, head, rows, raw: contenders.map(({ rounds }) => rounds) });
}

/** A back end that pushes at a steady rate to many. */
async function pushes({ terminal, results, profile }: Bench, entrant: Entrant, server: ServerProcess): Promise<void> {
  const load = new LoadProcess();
  const duration = profile.name === "quick" ? steady.quickMs : steady.ms;
  try {
    terminal.progress(`${steady.rate} pushes a second to ${steady.subscribers}`);
    const api = { port: server.port, path: "/api/publish", key: apiKey };
    await beginLoad(load, { entrant, server, channels: [`${entrant.namespace}steady`], publishers: connections, api });
    await load.do("resize", { receivers: steady.subscribers });
    const result = await load.do("open", { rate: steady.rate, duration, bytes: 64 });
    const caption = `${steady.rate} publishes a second for ${duration / 1000} s to ${thousands(steady.subscribers)} subscribers`;
    const head = ["published", "deliveries", "lost or out of order", "p50 / p99 / p99.9", "server CPU"];
    const rows = [steadyRow(result)];
    terminal.table(caption, head, rows);
    results.addFinding({ experiment: "api", caption, head, rows, raw: result });
  } finally {
    await load.stop();
  }
}

/** The load has proven that nothing was lost or out of order, or there would be no result. */
function steadyRow({ publications, deliveries, deliveryLatencies, serverCpu, elapsed }: RunResult): string[] {
  const histogram = new Histogram().add(deliveryLatencies);
  return [thousands(publications), thousands(deliveries), "none", percentiles(histogram), share(serverCpu / elapsed)];
}

function rateOf(round: HttpResult | null): number | null {
  return round && (round.requests / round.elapsed) * 1000;
}

function percentiles(histogram: Histogram): string {
  return [0.5, 0.99, 0.999].map((p) => time(histogram.percentile(p))).join(" / ");
}

function last(rounds: readonly (HttpResult | null)[], of: (round: HttpResult) => number): number {
  const round = rounds.at(-1);
  return round ? of(round) : Number.NaN;
}
