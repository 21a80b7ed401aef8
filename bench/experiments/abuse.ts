import type { Attack } from "../load/attack.ts";
import { LoadProcess } from "../load/load-process.ts";
import type { RunResult } from "../load/run.ts";
import { Histogram } from "../measure/histogram.ts";
import { percentile } from "../measure/spread.ts";
import { bytes, share, thousands, time } from "../report/formats.ts";
import { guardedChorus } from "../servers/entrants.ts";
import { beginLoad } from "../servers/pair.ts";
import { ServerProcess } from "../servers/server-process.ts";
import type { Bench, Experiment } from "./experiment.ts";

/** The honest clients, on a channel of their own, and how often they are told something. */
const bystanders = { receivers: 50, rate: 50 };

/** Milliseconds before an attack, and of one. */
const calmMs = 2_000;
const attackMs = 4_000;

const attacks: readonly Omit<Attack, "duration">[] = [
  { name: "fragments", attackers: 10 },
  { name: "flood", attackers: 10 },
  { name: "pings", attackers: 10 },
  { name: "deep JSON", attackers: 10 },
  { name: "stalled readers", attackers: 20 },
];

const stormReceivers = 5_000;

/** The bystanders' p99, CPU and memory while others do their worst, with the limits that nobody configured. */
export const abuse: Experiment = {
  name: "abuse",
  about: "what bystanders feel of fragments, floods, deep JSON, stalled readers, and a reconnect storm of 5,000",
  async run(bench) {
    bench.terminal.title("Abuse, with the default limits");
    const command = await guardedChorus.command(bench.servers);
    if (typeof command === "string") return;
    const server = await ServerProcess.start(command);
    const honest = new LoadProcess();
    const hostile = new LoadProcess();
    try {
      const aim = { entrant: guardedChorus, server };
      await beginLoad(honest, { ...aim, channels: ["bystanders"], publishers: 1 });
      await beginLoad(hostile, { ...aim, channels: ["storm"], publishers: 0 });
      await honest.do("resize", { receivers: bystanders.receivers });
      await besiege(bench, { server, honest, hostile });
    } catch (error) {
      bench.terminal.fail(`abuse: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await Promise.all([honest.stop(), hostile.stop()]);
      await server.stop();
    }
  },
};

interface Siege {
  readonly server: ServerProcess;
  readonly honest: LoadProcess;
  readonly hostile: LoadProcess;
}

async function besiege(bench: Bench, siege: Siege): Promise<void> {
  const head = ["attack", "p50 / p99 / p99.9 of bystanders", "server CPU", "most RSS", "what became of it"];
  const rows = [await watched(siege, "calm", calmMs, async () => "")];
  for (const { name, attackers } of attacks) {
    bench.terminal.progress(`abuse: ${name}`);
    const row = await watched(siege, `${name}, ${attackers} attackers`, attackMs, async () => {
      const { joined, sentBytes, closedBy } = await siege.hostile.do("attack", { name, attackers, duration: attackMs });
      const closes = Object.entries(closedBy).map(([code, count]) => `${count} x ${code === "0" ? "cut" : code}`);
      return `${thousands(joined)} joined, ${bytes(sentBytes)} sent, closed: ${closes.join(", ") || "none"}`;
    });
    rows.push(row);
  }
  bench.terminal.progress(`abuse: reconnect storm of ${stormReceivers}`);
  await siege.hostile.do("resize", { receivers: stormReceivers });
  rows.push(
    await watched(siege, `reconnect storm of ${thousands(stormReceivers)}`, attackMs, async () => {
      const back = await siege.hostile.do("storm", null);
      return `95 % back after ${Math.round(percentile(back, 0.95))} ms, all after ${Math.round(back.at(-1) ?? 0)} ms`;
    }),
  );
  const caption = `${bystanders.receivers} bystanders on another channel receive ${bystanders.rate} a second; none may lose one`;
  bench.terminal.table(caption, head, rows);
  bench.results.addFinding({ experiment: "abuse", caption, head, rows });
}

/** Watches the bystanders while something is done to the server. */
async function watched(siege: Siege, name: string, duration: number, attack: () => Promise<string>): Promise<string[]> {
  let rss = 0;
  const watch = setInterval(() => {
    rss = Math.max(rss, siege.server.rss());
  }, 50);
  try {
    const run = siege.honest.do("open", { rate: bystanders.rate, duration, bytes: 64 });
    const outcome = await attack();
    const result = await run;
    return [name, latencies(result), share(result.serverCpu / result.elapsed), bytes(rss), outcome];
  } finally {
    clearInterval(watch);
  }
}

function latencies({ deliveryLatencies }: RunResult): string {
  const histogram = new Histogram().add(deliveryLatencies);
  return [0.5, 0.99, 0.999].map((p) => time(histogram.percentile(p))).join(" / ");
}
