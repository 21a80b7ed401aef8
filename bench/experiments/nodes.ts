import { BenchRedis } from "../nodes/redis.ts";
import {
  bytesOfChannels,
  latencies,
  manyChannels,
  type NodePair,
  recovering,
  startPair,
  throughput,
} from "../nodes/rows.ts";
import { centrifugo, chorus, type NodeKind } from "../nodes/servers.ts";
import type { Experiment } from "./experiment.ts";

/** Channels that are subscribed to, and clients that recover. */
const channels = 20_000;
const recoveringClients = 3_000;

/** What two nodes on one Redis do, beside Centrifugo on the same Redis where it is on the PATH. */
export const nodes: Experiment = {
  name: "nodes",
  about: "two nodes on one Redis: throughput, latency, recovery, channels",
  async run({ terminal, profile }) {
    terminal.title("Two nodes on one Redis");
    if (Bun.which("redis-server") === null) {
      terminal.line("skipped: there is no redis-server");
      return;
    }
    const kinds = [chorus, centrifugo()].filter((kind) => kind !== null);
    const columns: string[][] = [];
    for (const kind of kinds) columns.push(await figuresOf(kind, profile.roundMs * 3));
    const table = names.map((name, index) => [name, ...columns.map((column) => column[index] ?? "")]);
    terminal.table("on the same machine, one after the other", ["", ...kinds.map(({ name }) => name)], table);
  },
};

const names = [
  "1 client, 512 in flight, acknowledged/s",
  "64 clients, 512 in flight, acknowledged/s",
  "node A to node B at 1,000/s, p50",
  "the same, p99",
  `Redis commands while ${recoveringClients} clients recover in one channel`,
  `${channels} channels heard again after CLIENT KILL`,
  "RSS of a subscribed channel",
  "the same without Redis",
];

async function figuresOf(kind: NodeKind, ms: number): Promise<string[]> {
  const redis = new BenchRedis();
  await redis.ready();
  const pair = await startPair(kind, redis);
  const alone = await kind.start(null);
  try {
    return await measured(pair, await bytesOfChannels(alone, channels), ms);
  } finally {
    await Promise.all([pair.one.stop(), pair.other.stop(), alone.stop()]);
    await redis.stop();
  }
}

async function measured(pair: NodePair, bytesAlone: number, ms: number): Promise<string[]> {
  await throughput(pair, 1, 512, ms);
  const one = await throughput(pair, 1, 512, ms);
  const many = await throughput(pair, 64, 512, ms);
  const late = await latencies(pair, 9_000);
  const at = (share: number) => `${(late[Math.floor(late.length * share)] ?? Number.NaN).toFixed(2)} ms`;
  const commands = await recovering(pair, recoveringClients);
  const { bytes, backMs } = await manyChannels(pair, channels);
  const kib = (count: number) => `${(count / 1_024).toFixed(1)} KiB`;
  return [
    Math.round(one).toLocaleString("en"),
    Math.round(many).toLocaleString("en"),
    at(0.5),
    at(0.99),
    String(commands),
    `${Math.round(backMs)} ms`,
    kib(bytes),
    kib(bytesAlone),
  ];
}
