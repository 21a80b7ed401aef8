import { join } from "node:path";
import { Caller, type CallerResult } from "../load/caller.ts";
import { Histogram } from "../measure/histogram.ts";
import { median, ratioOf } from "../measure/spread.ts";
import { amount, ratio, time } from "../report/formats.ts";
import { ServerProcess } from "../servers/server-process.ts";
import type { Bench, Experiment } from "./experiment.ts";

const root = join(import.meta.dir, "..");
const ready = /^listening (\d+)$/;
const message = { text: "hello world, this is a message of a usual length" };

/** Publications of one frame. */
const together = 64;

/** Connections that publish at once. */
const publishers = 4;

type Name = "bare" | "chorus" | "unasked" | "application" | "authenticated";

interface Round extends CallerResult {
  /** Milliseconds of the server's CPU. */
  readonly cpu: number;
}

/** The same work against several servers, or several channels of one. */
interface Row {
  readonly name: string;
  readonly server: Name;
  run(server: ServerProcess, ms: number): Promise<CallerResult>;
}

const calling = (server: Name, name: string): Row => ({
  name,
  server,
  run: ({ port }, ms) => alone(port, (caller) => caller.run({ rpc: { method: "echo", data: message } }, ms)),
});

const publishing = (server: Name, name: string, room: string): Row => ({
  name,
  server,
  run: ({ port }, ms) => crowd(port, `${room}1`, ms),
});

const connecting = (server: Name, name: string): Row => ({ name, server, run: ({ port }, ms) => connect(port, ms) });

const tables: readonly { readonly caption: string; readonly unit: string; readonly rows: readonly Row[] }[] = [
  {
    caption: "calls of one connection, one in flight; JSON, two schemas",
    unit: "calls/s",
    rows: [calling("bare", "bare Bun"), calling("application", "Chorus, a handler")],
  },
  {
    caption: `publications of ${publishers} connections, ${together} in a frame, no subscribers`,
    unit: "publications/s",
    rows: [
      publishing("chorus", "Chorus, no application", "any-"),
      publishing("unasked", "an application that is never asked, no channel of its own", "any-"),
      publishing("application", "the same, its handlers in use", "any-"),
      publishing("application", "a handler that answers at once", "handled:"),
      publishing("application", "a handler that awaits", "awaited:"),
    ],
  },
  {
    caption: "connections opened one after the other: upgrade, connect, its reply, close",
    unit: "connections/s",
    rows: [
      connecting("bare", "bare Bun"),
      connecting("chorus", "Chorus, no application"),
      connecting("application", "Chorus, an application"),
      connecting("authenticated", "Chorus, authenticate"),
    ],
  },
];

/** What it costs to ask an application's handlers. */
export const hooks: Experiment = {
  name: "hooks",
  about: "calls, publications and connections that an application in the server decides",
  async run(bench) {
    bench.terminal.title("An application's handlers");
    const start = (...argv: string[]) => ServerProcess.start({ argv: ["bun", ...argv], ready });
    const servers: Record<Name, ServerProcess> = {
      bare: await start(join(root, "peers/bare-bun-rpc.ts")),
      chorus: await start(join(root, "servers/application.ts"), "none"),
      unasked: await start(join(root, "servers/application.ts")),
      application: await start(join(root, "servers/application.ts")),
      authenticated: await start(join(root, "servers/application.ts"), "authenticated"),
    };
    try {
      for (const table of tables) await measure(bench, servers, table);
    } finally {
      await Promise.all(Object.values(servers).map((server) => server.stop()));
    }
  },
};

async function measure(
  { terminal, results, profile }: Bench,
  servers: Readonly<Record<Name, ServerProcess>>,
  { caption, unit, rows }: (typeof tables)[number],
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

async function alone<T>(port: number, work: (caller: Caller) => Promise<T>): Promise<T> {
  const caller = await Caller.connect(port);
  try {
    return await work(caller);
  } finally {
    caller.close();
  }
}

/** Several that publish at once, as one result. */
async function crowd(port: number, channel: string, ms: number): Promise<CallerResult> {
  const publish = { publish: { channel, data: message } };
  const work = () => alone(port, (caller) => caller.run(publish, ms, together));
  const all = await Promise.all(Array.from({ length: publishers }, work));
  const histogram = new Histogram();
  for (const { latencies } of all) histogram.add(latencies);
  const replies = all.reduce((sum, result) => sum + result.replies, 0);
  return { replies, elapsed: Math.max(...all.map(({ elapsed }) => elapsed)), latencies: histogram.counts() };
}

async function connect(port: number, ms: number): Promise<CallerResult> {
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
