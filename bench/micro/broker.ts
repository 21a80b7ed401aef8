/**
 * What a publish costs by the store behind it, and what a recovery does. A figure of SQLite is that of one publication
 * in groups of 64, with its share of the commit. Run with `bun bench/micro/broker.ts`; the file is in the folder for
 * temporary files, whose disk decides what `full` costs.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bench, do_not_optimize, run, summary } from "mitata";
import type { Draft, HistoryOptions } from "../../src/broker/broker.ts";
import { MemoryStore } from "../../src/broker/local/memory.ts";
import { SqliteStore } from "../../src/broker/local/sqlite-store.ts";
import { createLocalBroker } from "../../src/broker/local.ts";
import type { Log } from "../../src/core/log.ts";
import { systemClock as clock, systemRandom as random } from "../../src/runtime/system.ts";

const folder = mkdtempSync(join(tmpdir(), "chorus-bench-"));
const silent = () => {};
const log: Log = { debug: silent, info: silent, warn: console.warn, error: console.error };
const memory = new MemoryStore(clock, random);
const stores = {
  full: new SqliteStore({ path: join(folder, "full.db"), synchronous: "full" }, { clock, random, log }),
  normal: new SqliteStore({ path: join(folder, "normal.db"), synchronous: "normal" }, { clock, random, log }),
};
const brokerOn = (sqlite: SqliteStore) =>
  createLocalBroker({
    events: { deliver: silent, lost: () => {} },
    stores: { memory, sqlite },
    clock,
    random,
    schedule: setImmediate,
    log,
  });
const brokers = { full: brokerOn(stores.full), normal: brokerOn(stores.normal) };

const historyIn = (engine: "memory" | "sqlite"): HistoryOptions => ({
  durable: engine === "sqlite",
  size: 100,
  ttl: 300_000,
  metaTtl: 2_592_000_000,
});
const data = { kind: "json", json: JSON.stringify({ text: "x".repeat(100) }) } as const;
const info = { user: "ann", client: random.uuid() };
const draft = (channel: string, history: HistoryOptions | null, rest: Partial<Draft> = {}): Draft => ({
  channel,
  data,
  info,
  exclude: null,
  history,
  ...rest,
});
const done = (outcome: unknown) => do_not_optimize(outcome);

summary(() => {
  bench("publish: not kept", () => brokers.full.publish(draft("a", null), done));
  bench("publish: kept in memory", () => brokers.full.publish(draft("a", historyIn("memory")), done));
});

summary(() => {
  for (const synchronous of ["normal", "full"] as const) {
    for (const channels of [1, 64]) {
      const names = Array.from({ length: channels }, (_, index) => `room ${index}`);
      bench(`64 publishes: SQLite, ${synchronous}, ${channels} channel(s)`, () => {
        for (let n = 0; n < 64; n++) {
          brokers[synchronous].publish(draft(names[n % channels] ?? "", historyIn("sqlite")), done);
        }
      });
    }
  }
});

summary(() => {
  for (const engine of ["memory", "sqlite"] as const) {
    const history = historyIn(engine);
    const channel = `recovered from ${engine}`;
    for (let n = 0; n < 100; n++) brokers.normal.publish(draft(channel, history), null);
    brokers.normal.flush();
    const position = { offset: 0, epoch: brokers.normal.top(channel, history)?.epoch ?? "" };
    const since = { position, mode: "stream", publicationsMax: 300, bytesMax: 524_288 } as const;
    bench(`join and recover 100: ${engine}`, () => brokers.normal.join(channel, history, since, done));
    bench(`join and recover nothing: ${engine}`, () =>
      brokers.normal.join(channel, history, { ...since, position: { ...position, offset: 100 } }, done),
    );
  }
});

await run();
for (const broker of Object.values(brokers)) await broker.close();
rmSync(folder, { recursive: true });
