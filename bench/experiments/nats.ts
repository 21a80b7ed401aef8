import { BenchNats } from "../nodes/nats.ts";
import { latencies, throughput } from "../nodes/rows.ts";
import { startOnNats } from "../nodes/servers.ts";
import type { Experiment } from "./experiment.ts";

/** What two nodes on one NATS do; the same rows on Redis are those of `nodes`. */
export const nats: Experiment = {
  name: "nats",
  about: "two nodes on one NATS: throughput and latency, without history and with JetStream",
  async run({ terminal, profile }) {
    terminal.title("Two nodes on one NATS");
    if (Bun.which("nats-server") === null) {
      terminal.line("skipped: there is no nats-server");
      return;
    }
    const core = await figuresOf(false, profile.roundMs * 3);
    const kept = await figuresOf(true, profile.roundMs * 3);
    const table = names.map((name, index) => [name, core[index] ?? "", kept[index] ?? ""]);
    terminal.table("on the same machine, one after the other", ["", "core", "JetStream, file"], table);
  },
};

const names = [
  "1 client, 512 in flight, acknowledged/s",
  "64 clients, 512 in flight, acknowledged/s",
  "node A to node B at 1,000/s, p50",
  "the same, p99",
];

async function figuresOf(hasJetStream: boolean, ms: number): Promise<string[]> {
  const server = new BenchNats();
  const [one, other] = await Promise.all([0, 1].map(() => startOnNats(server.port, hasJetStream)));
  if (!one || !other) throw new Error("There are two nodes.");
  // A node is ready once it has found its NATS.
  await Bun.sleep(1_500);
  try {
    const pair = { one, other };
    await throughput(pair, 1, 512, ms);
    const alone = await throughput(pair, 1, 512, ms);
    const many = await throughput(pair, 64, 512, ms);
    const late = await latencies(pair, 9_000);
    const at = (share: number) => `${(late[Math.floor(late.length * share)] ?? Number.NaN).toFixed(2)} ms`;
    return [Math.round(alone).toLocaleString("en"), Math.round(many).toLocaleString("en"), at(0.5), at(0.99)];
  } finally {
    await Promise.all([one.stop(), other.stop()]);
    await server.stop();
  }
}
