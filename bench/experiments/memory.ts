import { median } from "../measure/spread.ts";
import { thousands } from "../report/formats.ts";
import { broadcasters, type Entrant, transports, withPresence } from "../servers/entrants.ts";
import { withPairs } from "./contest.ts";
import type { Bench, Experiment } from "./experiment.ts";
import { isPeer, takesPart } from "./fanout.ts";

/** Connections that a server has had, with a round of traffic, before its memory is read. */
const warmUpConnections = 300;

/** How long a server may settle before its memory is read, in milliseconds. */
const settleMs = 1_000;

/**
 * Resident memory of an idle connection, in fresh processes: RSS with the connections after an idle second, less RSS after
 * 300 warm-up connections and their traffic have gone. No collection is forced.
 */
export const memory: Experiment = {
  name: "memory",
  about: "resident memory of an idle connection, in fresh server processes",
  async run(bench) {
    const { terminal, results, profile } = bench;
    terminal.title("Memory of an idle connection");
    const everyone = [...broadcasters, ...withPresence, ...(profile.isComplete ? transports : [])];
    const entrants = everyone.filter(({ name }) => takesPart(bench, name));
    const raw: { name: string; kilobytes: number[] }[] = [];
    for (const entrant of entrants) {
      const kilobytes: number[] = [];
      const processes = isPeer(entrant) ? profile.peerProcesses : profile.processes;
      for (let round = 0; round < processes; round++) {
        terminal.progress(`${entrant.name}: process ${round + 1}`);
        const bytes = await idle(bench, entrant);
        if (bytes !== null) kilobytes.push(bytes / 1024);
      }
      if (kilobytes.length > 0) raw.push({ name: entrant.name, kilobytes });
    }
    const caption = `RSS per idle connection at ${thousands(profile.idleConnections)}, in KB; ${profile.processes} fresh processes, ${profile.peerProcesses} of each peer`;
    const head = ["server", "median", "least", "most"];
    const rows = raw.map(({ name, kilobytes }) => [
      name,
      ...[median(kilobytes), Math.min(...kilobytes), Math.max(...kilobytes)].map((each) => each.toFixed(1)),
    ]);
    terminal.table(caption, head, rows);
    results.addFinding({ experiment: "memory", caption, head, rows, raw });
  },
};

/** Bytes of RSS a connection, in a process of its own; null where the server cannot be started. */
async function idle(bench: Bench, entrant: Entrant): Promise<number | null> {
  let bytes: number | null = null;
  const count = bench.profile.idleConnections;
  await withPairs(bench, { entrants: [entrant], layout: { channels: 1, publishers: 1 } }, async (pairs) => {
    for (const { load, server } of pairs) {
      await load.do("resize", { receivers: warmUpConnections });
      await load.do("closed", { window: 1, duration: bench.profile.roundMs, bytes: 64 });
      await load.do("resize", { receivers: 0 });
      await Bun.sleep(settleMs);
      const before = server.rss();
      await load.do("resize", { receivers: count });
      await Bun.sleep(settleMs);
      bytes = (server.rss() - before) / count;
    }
  });
  return bytes;
}
