import { MemoryStore } from "../../../src/broker/local/memory.ts";
import { SqliteStore } from "../../../src/broker/local/sqlite-store.ts";
import { createLocalBroker } from "../../../src/broker/local.ts";
import { ParentEngine } from "../../../src/broker/parent/engine.ts";
import { EngineServer } from "../../../src/broker/parent/server.ts";
import { RemoteBroker } from "../../../src/broker/remote/remote-broker.ts";
import { Link } from "../../../src/processes/link.ts";
import type { SeededRandom } from "../../support/random.ts";
import { type BrokerFixture, type FixtureParts, fixtureParts, stageOf } from "../fixture.ts";
import { Scheduler } from "../remote/simulated-engine.ts";

/** Two ends of a socket: what one writes the other receives later, in pieces of any size. */
export function linkPair({ clock, random }: FixtureParts, scheduler: Scheduler, schedule: (task: () => void) => void) {
  const ends: Link[] = [];
  const open = (other: number) => {
    const lane = scheduler.lane();
    return new Link(
      {
        write: (bytes) => {
          for (const piece of pieces(bytes, random)) lane.push(() => ends[other]?.received(piece));
          return bytes.byteLength;
        },
        end: () => {},
      },
      {
        clock,
        schedule,
        ended: (reason) => {
          throw new Error(reason);
        },
      },
    );
  };
  ends.push(open(1), open(0));
  const [worker, parent] = ends;
  if (!worker || !parent) throw new Error("There are two ends.");
  return { worker, parent };
}

function pieces(bytes: Uint8Array, random: SeededRandom): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const length = random.int(3) === 0 ? 1 + random.int(20) : bytes.byteLength;
    // A copy: the bytes are the writer's, which uses them again.
    all.push(Uint8Array.from(bytes.subarray(at, at + length)));
    at += length;
  }
  return all;
}

/** The broker of a worker whose parent keeps streams in memory, or in the SQLite file at `path`. */
export function parentFixture(seed: number, path: string | null = null): BrokerFixture<RemoteBroker> {
  const parts = fixtureParts(seed);
  const { clock, random, captured } = parts;
  const scheduler = new Scheduler(random);
  const { stage, events, schedule } = stageOf(parts, () => {
    for (let steps = random.int(4); steps > 0; steps--) scheduler.step();
  });
  const pair = linkPair(parts, scheduler, schedule);
  const memory = new MemoryStore(clock, random);
  const sqlite =
    path === null ? memory : new SqliteStore({ path, synchronous: "normal" }, { clock, random, log: captured.log });
  const stores = { memory, sqlite };
  const server = new EngineServer((told) =>
    createLocalBroker({ events: told, stores, clock, random, schedule, log: captured.log }),
  );
  server.serve(pair.parent);
  const broker = new RemoteBroker({
    announce: () => {},
    events,
    open: (told) => new ParentEngine(pair.worker, told, { clock, durations: { observe: () => {} } }),
    clock,
    random,
    schedule,
    log: captured.log,
    socketOf: () => null,
    answerMs: 4_000,
  });
  return Object.assign(stage, { broker });
}
