import { setPriority } from "node:os";
import { lineBytes } from "../load/line.ts";
import { LoadProcess } from "../load/load-process.ts";
import type { RunResult } from "../load/run.ts";
import { type AttackName, attackNames } from "../load/weapons.ts";
import { Histogram } from "../measure/histogram.ts";
import { percentile } from "../measure/spread.ts";
import { bytes, share, thousands, time } from "../report/formats.ts";
import { apiKey } from "../servers/chorus.ts";
import { guardedChorus } from "../servers/entrants.ts";
import { beginLoad } from "../servers/pair.ts";
import { ServerProcess } from "../servers/server-process.ts";
import type { Bench, Experiment } from "./experiment.ts";

/** The bystanders, on a channel of their own, and the publications that they receive in a second. */
const bystanders = { receivers: 20, rate: 50 };

/** Milliseconds that the bystanders are watched before, during and after an attack. */
const watchedMs = { before: 1_000, during: 4_000, after: 1_000 };

/** What bystanders may feel at the most, in nanoseconds. */
const p99Max = 50e6;

/** Where they feel more than this before the attack the machine is busy, and p99 is reported and not judged. */
const calmMax = 10e6;

const megabyte = 1_048_576;

/**
 * RSS may grow by so much whatever is sent: the collector runs when some 53 MB were allocated, and compiled code and
 * buffers stay (measured on Bun 1.4.5).
 */
const allowance = 160 * megabyte;

/** The attackers would be on other machines: here they have only what server and bystanders leave of the two cores. */
const attackerPriority = 15;

/** What the limits of an attack's kind add up to, in bytes, where it is more than the queues of its attackers. */
const limits: Partial<Record<AttackName, number>> = {
  // plain.queue_max_size for each.
  "stalled readers": 20 * 20 * megabyte,
  // client.stream_share_percent of engine.stream_limit streams of 1 KB.
  "E1 made-up names": 24 * megabyte,
  // The same of engine.memory.max_bytes.
  "E1 large publications": 31 * megabyte,
  "E6 short payloads in long frames": 31 * megabyte,
  // As for E10, which is its overload.
  "E3 an expiry in an overload": (10 + 8 * 16) * megabyte,
  // plain.binary_size_limit for each: the runtime keeps what has come of a message.
  "E7 unfinished messages": 40 * 16 * megabyte,
  // The history itself, kept by the namespace, and client.queue_max_size for each.
  "E10 long histories": 30 * megabyte,
  // The history, and http_api.response_size_limit for each batch: as values, as text of 16-bit units and as bytes.
  "E10 API batches": (10 + 8 * 16) * megabyte,
  // 3,000 connections.
  "E10 presence of 3,000": 60 * megabyte,
};

const attackersOf: Partial<Record<AttackName, number>> = {
  "stalled readers": 20,
  "E1 made-up names": 6,
  "E2 garbage tokens": 20,
  "E4 a fraction in an unknown field": 2,
  // plain.binary_size_limit for each: the runtime keeps what has come of a message.
  "E7 unfinished messages": 40,
  "E10 API batches": 0,
  "E15 recoveries": 1,
};

/** A connection ends so many milliseconds after its token expires, whatever else is done (E3). */
const endedAfterMax = 1_000;

const stormReceivers = 5_000;

/** The bystanders' p99, CPU and memory while others attack the server, with the default limits. */
export const abuse: Experiment = {
  name: "abuse",
  about: "p99 of bystanders, CPU and RSS before, during and after attacks, and a reconnect storm of 5,000",
  async run(bench) {
    bench.terminal.title("Abuse, with the default limits");
    const head = [
      "attack",
      "p99 before / during / after",
      "CPU before / during / after",
      "RSS before / most / after",
      "outcome",
    ];
    const rows: string[][] = [];
    for (const name of attackNames) {
      bench.terminal.progress(`abuse: ${name}`);
      const attackers = attackersOf[name] ?? 10;
      const rssMax = allowance + (limits[name] ?? attackers * megabyte);
      rows.push(
        await besieged(bench, { name: `${name}, ${attackers} attackers`, rssMax }, async (hostile) => {
          const order = { name, attackers, duration: watchedMs.during - 500, key: apiKey };
          const { joined, sentBytes, receivedBytes, closedBy, endedAfter } = await hostile.do("attack", order);
          if (endedAfter !== null && endedAfter > endedAfterMax) {
            bench.terminal.fail(`${name}: an expired token received for ${endedAfter} ms`);
          }
          const closes = Object.entries(closedBy).map(([code, count]) => `${count} x ${code === "0" ? "cut" : code}`);
          const traffic = `${thousands(joined)} joined, ${bytes(sentBytes)} sent, ${bytes(receivedBytes)} received`;
          const expiry = endedAfter === null ? "" : `, ended ${endedAfter} ms after its expiry`;
          return `${traffic}, closed: ${closes.join(", ") || "none"}${expiry}`;
        }),
      );
    }
    rows.push(
      await besieged(bench, { name: `reconnect storm of ${thousands(stormReceivers)}`, rssMax: allowance }, reconnect),
    );
    const caption = `${bystanders.receivers} bystanders receive ${bystanders.rate} a second and lose none; attackers send at most ${bytes(lineBytes)} a second; bounds: p99 ${time(p99Max)}, RSS by the limits`;
    bench.terminal.table(caption, head, rows);
    bench.results.addFinding({ experiment: "abuse", caption, head, rows });
  },
};

async function reconnect(hostile: LoadProcess): Promise<string> {
  await hostile.do("resize", { receivers: stormReceivers });
  const back = await hostile.do("storm", null);
  return `95 % back after ${Math.round(percentile(back, 0.95))} ms, all after ${Math.round(back.at(-1) ?? 0)} ms`;
}

interface Siege {
  readonly name: string;
  /** Bytes that RSS may grow by. */
  readonly rssMax: number;
}

/** One attack on a server of its own, so that what it leaves behind is its own too. */
async function besieged(
  bench: Bench,
  { name, rssMax }: Siege,
  attack: (hostile: LoadProcess) => Promise<string>,
): Promise<string[]> {
  const command = await guardedChorus.command(bench.servers);
  if (typeof command === "string") return [name, command];
  const server = await ServerProcess.start(command);
  const honest = new LoadProcess();
  const hostile = new LoadProcess();
  setPriority(hostile.pid, attackerPriority);
  let highest = 0;
  const watch = setInterval(() => {
    highest = Math.max(highest, server.rss());
  }, 50);
  const watched = (duration: number) => honest.do("open", { rate: bystanders.rate, duration, bytes: 64 });
  try {
    const aim = { entrant: guardedChorus, server };
    await beginLoad(honest, { ...aim, channels: ["bystanders"], publishers: 1 });
    await beginLoad(hostile, { ...aim, channels: ["storm"], publishers: 0 });
    await honest.do("resize", { receivers: bystanders.receivers });
    const before = await watched(watchedMs.before);
    const rss = server.rss();
    const during = watched(watchedMs.during);
    const outcome = await attack(hostile);
    const attacked = await during;
    const after = await watched(watchedMs.after);
    const last = server.rss();
    const p99s = [before, attacked, after].map(p99);
    judge(bench, name, p99s);
    if (highest - rss > rssMax) bench.terminal.fail(`${name}: RSS grew by ${bytes(highest - rss)} of ${bytes(rssMax)}`);
    const memory = [rss, highest, last].map(bytes).join(" / ");
    const cpu = [before, attacked, after].map(({ serverCpu, elapsed }) => share(serverCpu / elapsed)).join(" / ");
    return [name, p99s.map(time).join(" / "), cpu, memory, outcome];
  } catch (error) {
    bench.terminal.fail(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    return [name, "failed"];
  } finally {
    clearInterval(watch);
    await Promise.all([honest.stop(), hostile.stop()]);
    await server.stop();
  }
}

function judge({ terminal }: Bench, name: string, [before = 0, during = 0]: readonly number[]): void {
  if (during <= p99Max) return;
  const text = `${name}: p99 of bystanders ${time(during)}`;
  if (before > calmMax) terminal.line(`${text}, not judged: the machine is busy`);
  else terminal.fail(text);
}

function p99({ deliveryLatencies }: RunResult): number {
  return new Histogram().add(deliveryLatencies).percentile(0.99);
}
