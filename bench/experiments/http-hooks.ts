import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { eventOutbox } from "../../src/config/sections/hooks.ts";
import { EventHooks } from "../../src/hooks/events/event-hooks.ts";
import { createSign } from "../../src/hooks/http/signature.ts";
import { defaultProxy } from "../../src/options/proxy.ts";
import { systemClock, systemRandom } from "../../src/runtime/system.ts";
import { median } from "../measure/spread.ts";
import { amount } from "../report/formats.ts";
import { findCentrifugo } from "../servers/centrifugo.ts";
import { hookedCentrifugo, hookedChorus } from "../servers/hooked.ts";
import { ServerProcess } from "../servers/server-process.ts";
import type { Bench } from "./experiment.ts";
import { alone, connect, crowd, measure, type Row, type Table } from "./hook-rows.ts";

const message = { text: "hello world, this is a message of a usual length" };

/** Connections that ask at once, each with one command in flight. */
const askers = 32;

/** Events of one round of the outbox. */
const events = 20_000;

type Name = "chorus" | "centrifugo";

/** Hooks over HTTP beside Centrifugo, with one local back end, and the outbox of events. */
export async function measureHttpHooks(bench: Bench): Promise<void> {
  bench.terminal.title("A back end over HTTP");
  const binary = findCentrifugo();
  if (binary === null) bench.terminal.line("Centrifugo is not on the PATH: its rows are left out.");
  const backend = await ServerProcess.start({
    argv: ["bun", join(import.meta.dir, "../servers/hook-backend.ts")],
    ready: /^listening (\d+)$/,
  });
  const chorus = await ServerProcess.start(hookedChorus(backend.port));
  const centrifugo = binary === null ? null : await ServerProcess.start(await hookedCentrifugo(binary, backend.port));
  try {
    for (const table of tablesOf(centrifugo !== null)) {
      await measure(bench, { chorus, centrifugo: centrifugo ?? chorus }, table);
    }
    await measureOutbox(bench, backend.port);
  } finally {
    await Promise.all([chorus, centrifugo, backend].map((server) => server?.stop()));
  }
}

function tablesOf(hasCentrifugo: boolean): readonly Table<Name>[] {
  const table = (caption: string, unit: string, run: Row["run"]): Table<Name> => ({
    caption,
    unit,
    rows: [
      { name: "Chorus", server: "chorus", run },
      ...(hasCentrifugo ? [{ name: "Centrifugo", server: "centrifugo" as const, run }] : []),
    ],
  });
  const asking = (command: object): Row["run"] => {
    return ({ port }, ms) => crowd(askers, () => alone(port, (caller) => caller.run({ ...command }, ms)));
  };
  const hook = `${askers} connections, one in flight; a hook over HTTP decides`;
  return [
    table(
      `connections of ${askers} at once: upgrade, connect, its reply, close; a hook over HTTP decides`,
      "connections/s",
      (server, ms) => crowd(askers, () => connect(server.port, ms)),
    ),
    table(`publications of ${hook}`, "publications/s", asking({ publish: { channel: "room", data: message } })),
    table(`calls of ${hook}`, "calls/s", asking({ rpc: { method: "echo", data: message } })),
  ];
}

/** From the first event to the acknowledgement of the last one. */
async function measureOutbox({ terminal, results, profile }: Bench, port: number): Promise<void> {
  const caption = `the outbox: ${amount(events)} events, from the first to the acknowledgement of the last`;
  const head = ["events in a request", "events/s"];
  const sizes = [100, 1_000];
  const raw: number[][] = [];
  for (const size of sizes) {
    const rates: number[] = [];
    for (let round = 0; round < profile.rounds; round += 1) rates.push(await outboxRate(port, size));
    raw.push(rates);
  }
  const rows = sizes.map((size, index) => [String(size), amount(median(raw[index] ?? []))]);
  terminal.table(caption, head, rows);
  results.addFinding({ experiment: "hooks", caption, head, rows, raw });
}

async function outboxRate(port: number, batchSize: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "chorus-bench-outbox-"));
  const hook = createHooks(join(folder, "events.db"), port, batchSize);
  const begun = performance.now();
  for (let index = 0; index < events; index += 1) {
    const fields = { type: "connected", client: `client-${index}`, user: "ann" };
    hook.told({ kind: "connected", fields });
  }
  hook.outbox.flush();
  while (hook.outbox.waiting > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const elapsed = performance.now() - begun;
  hook.close();
  rmSync(folder, { recursive: true, force: true });
  return (events / elapsed) * 1_000;
}

/** The events of one back end that is told of connections, without a server around them. */
function createHooks(path: string, port: number, batchSize: number): EventHooks {
  const proxy = v.parse(defaultProxy(), { endpoint: `http://127.0.0.1:${port}/events`, timeout: "10s" });
  const outbox = { ...v.parse(eventOutbox, {}), path, batch_size: batchSize };
  const silent = () => {};
  return new EventHooks(
    { outbox, defaults: { connected: proxy, disconnect: null, unsubscribe: null, channel_state: null }, proxies: [] },
    {
      clock: systemClock,
      random: systemRandom,
      log: { debug: silent, info: silent, warn: silent, error: silent },
      node: systemRandom.uuid(),
      after: (delay, run) => {
        const timer = setTimeout(run, delay);
        return () => clearTimeout(timer);
      },
      sign: createSign({ key: "", previous: "" }),
      channelOptions: () => null,
    },
  );
}
