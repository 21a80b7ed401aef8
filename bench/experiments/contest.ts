import type { RunResult } from "../load/run.ts";
import { printRow } from "../report/row-table.ts";
import type { Row } from "../report/rows.ts";
import type { Entrant } from "../servers/entrants.ts";
import { type Layout, type Pair, startPair, stopPair } from "../servers/pair.ts";
import type { Bench } from "./experiment.ts";

/** With so few receivers a server handles the most publications in the time that it has to warm up. */
export const warmUpReceivers = 10;

/** What one row asks of every server. */
export interface Question {
  readonly experiment: string;
  readonly caption: string;
  readonly connections: number;
  readonly bytes: number;
  /** Publications under way at a time, for a closed loop. */
  readonly window?: number;
  /** Publications a second, for an open loop. */
  readonly rate?: number;
}

/** Starts everyone who takes part, says who does not, and stops them whatever happens in between. */
export async function withPairs(
  bench: Bench,
  { entrants, layout }: { entrants: readonly Entrant[]; layout: Layout },
  work: (pairs: Pair[]) => Promise<void>,
): Promise<void> {
  bench.terminal.progress(`starting ${entrants.map(({ name }) => name).join(", ")}`);
  const started = await Promise.all(entrants.map((entrant) => startOrReport(bench, entrant, layout)));
  const pairs = started.filter((pair) => pair !== null);
  try {
    await work(pairs);
  } finally {
    await Promise.all(pairs.map(stopPair));
  }
}

async function startOrReport({ terminal, servers }: Bench, entrant: Entrant, layout: Layout): Promise<Pair | null> {
  try {
    const pair = await startPair(entrant, layout, servers);
    if (typeof pair !== "string") return pair;
    terminal.once(`${entrant.name} is skipped: ${pair}`);
  } catch (error) {
    terminal.fail(`${entrant.name} did not start: ${error instanceof Error ? error.message : String(error)}`);
  }
  return null;
}

/** Brings every load to this many receivers; who cannot is out, loudly. Returns those who are still in. */
export async function resizeAll(bench: Bench, pairs: readonly Pair[], receivers: number): Promise<Pair[]> {
  const able: Pair[] = [];
  for (const pair of pairs) {
    bench.terminal.progress(`${pair.entrant.name}: ${receivers} connections`);
    try {
      await pair.load.do("resize", { receivers });
      able.push(pair);
    } catch (error) {
      reportFailure(bench, pair, `${receivers} connections`, error);
    }
  }
  return able;
}

/**
 * Lets every server run before it is measured, with the receivers that it has. The rows are about servers that have
 * been up for a while: until then a compiler is at work in some of them, on the core that the load needs.
 */
export async function warmUp(bench: Bench, pairs: readonly Pair[], window: number): Promise<void> {
  for (const pair of pairs) {
    bench.terminal.progress(`${pair.entrant.name} warms up`);
    try {
      await pair.load.do("closed", { window, duration: bench.profile.warmUpMs, bytes: 64 });
    } catch (error) {
      reportFailure(bench, pair, "warming up", error);
    }
  }
}

/**
 * Puts the question to all in rounds, one after the other, beginning with another one each round: what changes on the
 * machine over time then meets everyone alike.
 */
export async function ask(bench: Bench, pairs: readonly Pair[], question: Question): Promise<Row> {
  const rounds = new Map<string, (RunResult | null)[]>(pairs.map(({ entrant }) => [entrant.name, []]));
  const out = new Set<Pair>();
  for (let round = 0; round < bench.profile.rounds; round++) {
    for (let turn = 0; turn < pairs.length; turn++) {
      const pair = pairs[(turn + round) % pairs.length];
      if (!pair || out.has(pair)) continue;
      bench.terminal.progress(`${question.caption}: round ${round + 1}, ${pair.entrant.name}`);
      const result = await askOne(bench, pair, question);
      if (result === null) out.add(pair);
      rounds.get(pair.entrant.name)?.push(result);
    }
  }
  const row: Row = {
    ...question,
    window: question.window ?? null,
    rate: question.rate ?? null,
    baseline: pairs[0]?.entrant.name ?? "",
    entries: [...rounds].map(([name, results]) => ({ name, rounds: results })),
  };
  bench.results.addRow(row);
  printRow(bench.terminal, row);
  return row;
}

async function askOne(bench: Bench, pair: Pair, question: Question): Promise<RunResult | null> {
  const { bytes, window, rate } = question;
  const duration = bench.profile.roundMs;
  try {
    if (rate !== undefined) return await pair.load.do("open", { rate, duration, bytes });
    return await pair.load.do("closed", { window: window ?? 1, duration, bytes });
  } catch (error) {
    reportFailure(bench, pair, question.caption, error);
    return null;
  }
}

function reportFailure({ terminal }: Bench, { entrant, server }: Pair, what: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  terminal.fail(`${entrant.name}, ${what}: ${reason}`);
  const tail = server.tail.split("\n").slice(-6).join("\n");
  if (tail.trim() !== "") terminal.line(tail);
}
