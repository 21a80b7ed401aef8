import { Database } from "bun:sqlite";
import { strict as assert } from "node:assert";
import { parseArgs } from "node:util";
import { MemoryStore } from "../../src/broker/local/memory.ts";
import { SqliteStore } from "../../src/broker/local/sqlite-store.ts";
import { createLocalBroker, type LocalBroker } from "../../src/broker/local.ts";
import { createLog } from "../../src/runtime/log.ts";
import { systemClock as clock, systemRandom as random } from "../../src/runtime/system.ts";
import { linesUntilKilled } from "../support/killed.ts";
import { SeededRandom } from "../support/random.ts";
import { contents, freshFolder, history, joined, killOptions, sinceOf } from "./fixture.ts";

// Kills a process in the middle of publishing, again and again, and looks whether all that it acknowledged is there:
//   bun run test/broker/kill.ts --rounds 50 [--seed 1]

/** What one publication was acknowledged with. */
interface Acknowledged {
  readonly channel: string;
  readonly epoch: string;
  readonly offset: number;
  readonly value: string;
}

/** Runs the rounds on one file, and tells how many publications were acknowledged. Throws where one is not as it was. */
export async function killAgainAndAgain(rounds: number, seeded: SeededRandom): Promise<number> {
  const folder = freshFolder();
  const all: Acknowledged[] = [];
  for (let round = 1; round <= rounds; round++) {
    const acknowledged = await publishUntilKilled(folder.file, seeded, 1 + seeded.int(2_000));
    all.push(...acknowledged);
    examine(folder.file, all, seeded);
  }
  folder.remove();
  return all.length;
}

async function publishUntilKilled(path: string, seeded: SeededRandom, count: number): Promise<Acknowledged[]> {
  const publisher = new URL("kill-publisher.ts", import.meta.url).pathname;
  const command = [process.execPath, publisher, path, String(seeded.int(2 ** 31))];
  const told = await linesUntilKilled(command, count);
  return told.map((line) => {
    const [channel, epoch, offset, value] = JSON.parse(line);
    return { channel, epoch, offset, value };
  });
}

function examine(path: string, all: readonly Acknowledged[], seeded: SeededRandom): void {
  let complaints = 0;
  const log = createLog({ level: "info", format: "json" }, { write: () => complaints++ });
  const sqlite = new SqliteStore({ path, synchronous: "full" }, { clock, random, log });
  const stores = { memory: new MemoryStore(clock, random), sqlite };
  const broker = createLocalBroker({
    events: { deliver: () => {}, lost: () => {} },
    stores,
    clock,
    random,
    schedule: setImmediate,
    log,
  });
  for (const channel of new Set(all.map((one) => one.channel))) {
    examineChannel(
      broker,
      channel,
      all.filter((one) => one.channel === channel),
      seeded,
    );
  }
  assert.equal(complaints, 0, "the file was not opened in silence");
  void broker.close();
  const db = new Database(path);
  assert.deepEqual(db.query("PRAGMA integrity_check").all(), [{ integrity_check: "ok" }]);
  db.close();
}

function examineChannel(
  broker: LocalBroker,
  channel: string,
  all: readonly Acknowledged[],
  seeded: SeededRandom,
): void {
  const outcome = history(broker, channel, killOptions);
  assert(outcome.ok, `the history of ${channel} was refused`);
  const { offsets, data } = contents(outcome.value.publications);
  assert.deepEqual(
    offsets,
    Array.from(offsets, (_, index) => index + 1),
    "offsets are not contiguous",
  );
  assert.equal(new Set(data).size, data.length, "a publication is there twice");
  for (const { epoch, offset, value } of all) {
    assert.equal(epoch, outcome.value.position.epoch, "the epoch was not kept");
    assert.equal(data[offset - 1], value, `offset ${offset} is not what was acknowledged`);
  }
  const seen = all[seeded.int(all.length)];
  const since = sinceOf(seen?.offset ?? 0, outcome.value.position.epoch, { publicationsMax: 1e9, bytesMax: 1e12 });
  const answer = joined(broker, channel, killOptions, since);
  assert(answer.recovered, "a client was not recovered");
  assert.deepEqual(contents(answer.publications).offsets, offsets.slice(seen?.offset));
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { rounds: { type: "string", default: "50" }, seed: { type: "string" } } });
  const count = await killAgainAndAgain(
    Number(values.rounds),
    new SeededRandom(values.seed ? Number(values.seed) : undefined),
  );
  console.error(`${values.rounds} kills, ${count} publications acknowledged, none lost, none twice, no gap.`);
}
