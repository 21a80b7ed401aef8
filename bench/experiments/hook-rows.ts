import { Caller, type CallerResult } from "../load/caller.ts";
import { Histogram } from "../measure/histogram.ts";
import { median, ratioOf } from "../measure/spread.ts";
import { amount, ratio, time } from "../report/formats.ts";
import type { ServerProcess } from "../servers/server-process.ts";
import type { Bench } from "./experiment.ts";

interface Round extends CallerResult {
  /** Milliseconds of the server's CPU. */
  readonly cpu: number;
}

/** The same work against several servers, or several channels of one. */
export interface Row<Name extends string = string> {
  readonly name: string;
  readonly server: Name;
  run(server: ServerProcess, ms: number): Promise<CallerResult>;
}

/** Rows that are compared with the first. */
export interface Table<Name extends string = string> {
  readonly caption: string;
  readonly unit: string;
  readonly rows: readonly Row<Name>[];
}

/** Measures the rows of a table in turn, and prints it. */
export async function measure<Name extends string>(
  { terminal, results, profile }: Bench,
  servers: Readonly<Record<Name, ServerProcess>>,
  { caption, unit, rows }: Table<Name>,
): Promise<void> {
  const rounds = rows.map((): Round[] => []);
  for (const row of rows) await row.run(servers[row.server], profile.roundMs);
  for (let round = 0; round < profile.rounds; round++) {
    for (const [index, row] of rows.entries()) {
      terminal.progress(`${unit}: round ${round + 1}, ${row.name}`);
      const server = servers[row.server];
      const before = server.cpu();
      const result = await row.run(server, profile.roundMs);
      rounds[index]?.push({ ...result, cpu: server.cpu() - before });
    }
  }
  const rates = rounds.map((own) => own.map(({ replies, elapsed }) => (replies / elapsed) * 1000));
  const head = ["server", unit, "of the first", "p50 / p99", "per second of server CPU"];
  const table = rows.map(({ name }, index) => {
    const own = rounds[index] ?? [];
    const histogram = new Histogram();
    for (const { latencies } of own) histogram.add(latencies);
    return [
      name,
      amount(median(rates[index] ?? [])),
      index === 0 ? "1" : ratio(ratioOf(rates[index] ?? [], rates[0] ?? [])),
      [0.5, 0.99].map((p) => time(histogram.percentile(p))).join(" / "),
      amount(median(own.map(({ replies, cpu }) => (replies / cpu) * 1000))),
    ];
  });
  terminal.table(caption, head, table);
  results.addFinding({ experiment: "hooks", caption, head, rows: table, raw: rounds });
}

/** Works with one connection. */
export async function alone<T>(port: number, work: (caller: Caller) => Promise<T>): Promise<T> {
  const caller = await Caller.connect(port);
  try {
    return await work(caller);
  } finally {
    caller.close();
  }
}

/** So many that work at once, as one result. */
export async function crowd(count: number, work: () => Promise<CallerResult>): Promise<CallerResult> {
  const all = await Promise.all(Array.from({ length: count }, work));
  const histogram = new Histogram();
  for (const { latencies } of all) histogram.add(latencies);
  const replies = all.reduce((sum, result) => sum + result.replies, 0);
  return { replies, elapsed: Math.max(...all.map(({ elapsed }) => elapsed)), latencies: histogram.counts() };
}

/** Opens connections one after the other. */
export async function connect(port: number, ms: number): Promise<CallerResult> {
  const histogram = new Histogram();
  const begun = performance.now();
  let replies = 0;
  let now = begun;
  for (; now - begun < ms; replies++) {
    (await Caller.connect(port)).close();
    const then = performance.now();
    histogram.record((then - now) * 1e6);
    now = then;
  }
  return { replies, elapsed: now - begun, latencies: histogram.counts() };
}
