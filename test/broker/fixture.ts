import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  Broker,
  BrokerEvents,
  Draft,
  HistoryOptions,
  HistoryOutcome,
  Joined,
  Outcome,
  Since,
} from "../../src/broker/broker.ts";
import { MemoryStore } from "../../src/broker/local/memory.ts";
import { SqliteStore, type SqliteStoreOptions } from "../../src/broker/local/sqlite-store.ts";
import type { Store } from "../../src/broker/local/store.ts";
import { createLocalBroker, type LocalBroker } from "../../src/broker/local.ts";
import type { Position, Publication } from "../../src/core/publication.ts";
import type { Socket } from "../../src/core/socket.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { ManualClock } from "../support/clock.ts";
import { SeededRandom } from "../support/random.ts";

/** What the contract asks of a broker beside its port. */
export interface ContractBroker extends Broker {
  readonly counts: { readonly poisoned: number };
}

/** What keeps the streams of a fixture. */
export type Engine = "memory" | "sqlite";

/** What came through `deliver`, in its order. */
export interface Delivered {
  readonly channel: string;
  readonly publication: Publication;
  readonly exclude: Socket | null;
}

/** What came through `lost`. */
interface Lost {
  readonly channel: string;
  readonly epoch: string;
}

/** What is around a broker and held still: a clock, a turn of the event loop that ends when it is told to. */
interface Stage {
  readonly delivered: Delivered[];
  readonly lost: Lost[];
  readonly clock: ManualClock;
  readonly captured: CapturedLog;
  /** Called for each delivery, after it was written down. */
  onDeliver: (delivered: Delivered) => void;
  /** Runs what was to be run at the end of this turn. */
  endTurn(): void;
}

/** A broker and what is around it. */
export interface BrokerFixture<Kind extends ContractBroker = LocalBroker> extends Stage {
  readonly broker: Kind;
}

/** A stage, and what the broker on it is given: `events` are written down, `schedule` waits for `endTurn`. */
export function stageOf({ clock, captured }: FixtureParts, afterTurn: () => void = () => {}) {
  let tasks: (() => void)[] = [];
  const stage: Stage = {
    delivered: [],
    lost: [],
    clock,
    captured,
    onDeliver: () => {},
    endTurn: () => {
      const due = tasks;
      tasks = [];
      for (const task of due) task();
      afterTurn();
    },
  };
  const events: BrokerEvents = {
    deliver: (channel, publication, exclude) => {
      const one = { channel, publication, exclude };
      stage.delivered.push(one);
      stage.onDeliver(one);
    },
    lost: (channel, epoch) => stage.lost.push({ channel, epoch }),
  };
  const schedule = (task: () => void) => void tasks.push(task);
  return { stage, events, schedule };
}

/** Builds a broker on the given stores; `parts` are shared with the stores, so that all live in one time. */
export function fixtureOf(
  stores: (parts: FixtureParts) => { memory: Store; sqlite: Store },
  parts: FixtureParts = fixtureParts(),
  idempotencyBytesMax = 1_000_000,
): BrokerFixture {
  const { clock, random, captured } = parts;
  const { stage, events, schedule } = stageOf(parts);
  const { log } = captured;
  const broker = createLocalBroker({
    events,
    stores: stores(parts),
    clock,
    random,
    schedule,
    log,
    idempotencyBytesMax,
  });
  return Object.assign(stage, { broker });
}

export interface FixtureParts {
  readonly clock: ManualClock;
  readonly random: SeededRandom;
  readonly captured: CapturedLog;
}

export function fixtureParts(seed = 1): FixtureParts {
  return { clock: new ManualClock(), random: new SeededRandom(seed), captured: new CapturedLog() };
}

export function memoryFixture(): BrokerFixture {
  return fixtureOf(({ clock, random }) => {
    const memory = new MemoryStore(clock, random);
    return { memory, sqlite: memory };
  });
}

/** A broker on the SQLite file at `path`; what it keeps in memory is beside it. */
export function sqliteFixture(path: string, options: Partial<SqliteStoreOptions> = {}, parts = fixtureParts()) {
  return fixtureOf(({ clock, random, captured }) => {
    const memory = new MemoryStore(clock, random);
    const sqlite = new SqliteStore({ path, synchronous: "normal", ...options }, { clock, random, log: captured.log });
    return { memory, sqlite };
  }, parts);
}

/** A real store whose commits can be made to fail or to be slow, as those of a failing disk. */
export class FaultyStore extends SqliteStore {
  fault: (() => void) | null = null;

  override commit(): void {
    this.fault?.();
    super.commit();
  }
}

/** A broker whose two engines are one faulty store. */
export function faultyFixture(
  path: string,
  parts = fixtureParts(),
  options: Partial<SqliteStoreOptions> = {},
): BrokerFixture & { readonly store: FaultyStore } {
  const { clock, random, captured } = parts;
  const store = new FaultyStore({ path, synchronous: "normal", ...options }, { clock, random, log: captured.log });
  return Object.assign(
    fixtureOf(() => ({ memory: store, sqlite: store }), parts),
    { store },
  );
}

/** A folder of its own for each test that asks, gone when the process ends its tests. */
export function freshFolder(): { readonly path: string; readonly file: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "chorus-broker-"));
  return { path, file: join(path, "chorus.db"), remove: () => rmSync(path, { recursive: true, force: true }) };
}

export const kept = (engine: Engine, options: Partial<HistoryOptions> = {}): HistoryOptions => ({
  durable: engine === "sqlite",
  size: 10,
  ttl: 60_000,
  metaTtl: 600_000,
  ...options,
});

/** The streams of those who publish until they are killed: long enough to keep everything. */
export const killOptions = kept("sqlite", { size: 1_000_000, ttl: 3_600_000, metaTtl: 36_000_000 });

export const json = (value: unknown) => ({ kind: "json", json: JSON.stringify(value) }) as const;

/** A draft of the given JSON value. */
export function draftOf(channel: string, value: unknown, rest: Partial<Draft> = {}): Draft {
  return { channel, data: json(value), exclude: null, history: null, ...rest };
}

export const sinceOf = (offset: number, epoch: string, rest: Partial<Since> = {}): Since => ({
  position: { offset, epoch },
  mode: "stream",
  publicationsMax: 100,
  bytesMax: 1_000_000,
  ...rest,
});

/** Publishes, commits, and gives the answer. */
export function publish(broker: Broker, draft: Draft, settle: () => unknown = () => broker.flush()): Outcome {
  let outcome: Outcome | undefined;
  broker.publish(draft, (given) => {
    outcome = given;
  });
  settle();
  if (outcome === undefined) throw new Error("The publish was not answered.");
  return outcome;
}

/** The position of a publish that has to succeed. */
export function published(broker: Broker, draft: Draft, settle?: () => unknown): Position {
  const outcome = publish(broker, draft, settle);
  if (!outcome.ok) throw new Error(`The publish was refused with ${outcome.error.code}.`);
  return outcome.value;
}

/** What a joiner is told that has to be taken. */
export function joined(...asked: Parameters<typeof askedToJoin>): Joined {
  const given = askedToJoin(...asked);
  if (given === null) throw new Error("The joiner was refused.");
  return given;
}

/** What a joiner is told; null where it is refused. */
export function askedToJoin(
  broker: Broker,
  channel: string,
  options: HistoryOptions | null,
  since: Since | null = null,
  settle: () => unknown = () => {},
) {
  let given: Joined | null | undefined;
  const join = () =>
    broker.join(channel, options, since, (answer) => {
      if (given !== undefined) throw new Error("Attached twice.");
      given = answer;
    });
  if (broker.prepare([{ channel, options, since }], join)) join();
  else settle();
  if (given === undefined) throw new Error("The joiner was not attached.");
  return given;
}

export function history(
  broker: Broker,
  channel: string,
  options: HistoryOptions,
  filter: Partial<Parameters<Broker["history"]>[2]> = {},
  settle: () => unknown = () => {},
): HistoryOutcome {
  let given: HistoryOutcome | undefined;
  broker.history(channel, options, { limit: -1, since: null, reverse: false, ...filter }, (outcome) => {
    given = outcome;
  });
  if (given === undefined) settle();
  if (given === undefined) throw new Error("The history was not answered.");
  return given;
}

/** The page of a history that has to be there: offsets and JSON. */
export function pageOf(outcome: HistoryOutcome): { offsets: number[]; data: unknown[]; top: number; epoch: string } {
  if (!outcome.ok) throw new Error(`The history was refused with ${outcome.error.code}.`);
  return {
    ...contents(outcome.value.publications),
    top: outcome.value.position.offset,
    epoch: outcome.value.position.epoch,
  };
}

export function contents(publications: readonly Publication[]): { offsets: number[]; data: unknown[] } {
  return {
    offsets: publications.map(({ offset }) => offset),
    data: publications.map(({ data }) => (data.kind === "json" ? JSON.parse(data.json) : data)),
  };
}

export function removed(
  broker: Broker,
  channel: string,
  options: HistoryOptions,
  settle: () => unknown = () => {},
): unknown {
  let answers = 0;
  let error: unknown;
  broker.historyRemove(channel, options, (given) => {
    answers++;
    error = given;
  });
  if (answers === 0) settle();
  if (answers !== 1) throw new Error(`Answered ${answers} times.`);
  return error;
}
