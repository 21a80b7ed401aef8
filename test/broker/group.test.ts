import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import {
  type BrokerFixture,
  draftOf,
  type FaultyStore,
  faultyFixture,
  freshFolder,
  history,
  joined,
  json,
  kept,
  pageOf,
  published,
  removed,
  sinceOf,
} from "./fixture.ts";

/** Transactions in a write-ahead log: the last frame of each tells the size of the database (the format of SQLite 3). */
function commitsIn(path: string): number {
  const bytes = readFileSync(path);
  let commits = 0;
  for (let frame = 32; frame < bytes.length; frame += 24 + 4096) {
    if (bytes.readUInt32BE(frame + 4) > 0) commits++;
  }
  return commits;
}

describe("the waiting group", () => {
  const folder = freshFolder();
  const options = kept("sqlite");
  let files = 0;
  let store: FaultyStore;
  let fixture: BrokerFixture;
  let broker: BrokerFixture["broker"];
  let answers: string[];
  const publish = (channel: string, value: unknown, rest = {}) =>
    broker.publish(draftOf(channel, value, { history: options, ...rest }), (outcome) => {
      answers.push(outcome.ok ? `${channel} ${outcome.value.offset}` : `${channel} error ${outcome.error.code}`);
    });

  beforeEach(() => {
    answers = [];
    const faulty = faultyFixture(`${folder.path}/${++files}.db`);
    fixture = faulty;
    store = faulty.store;
    broker = fixture.broker;
  });
  afterEach(() => broker.close());

  test("[BK100] nothing is visible before it is committed: not delivered, not answered, not at the top", () => {
    const { position } = joined(broker, "a", options);
    publish("a", 1);
    publish("b", 1);
    expect(fixture.delivered).toEqual([]);
    expect(answers).toEqual([]);
    expect(broker.top("a", options)).toEqual(position);
    expect(broker.top("b", options)).toBeNull();
    fixture.endTurn();
    expect(answers).toEqual(["a 1", "b 1"]);
    expect(fixture.delivered).toHaveLength(2);
    expect(broker.counts).toMatchObject({ commits: 1, committed: 2 });
  });

  test("64 wait for nothing more, and the next ones form the next group", () => {
    for (let n = 1; n <= 63; n++) publish("a", n);
    expect(answers).toHaveLength(0);
    publish("b", 1);
    expect(answers).toHaveLength(64);
    publish("a", 64);
    expect(answers).toHaveLength(64);
    fixture.endTurn();
    expect(answers.at(-1)).toBe("a 64");
    expect(broker.counts.commits).toBe(2);
  });

  test("[BK102] who reads, joins or clears a channel, or repeats a publish to it, sees all that waits for it", () => {
    const askers: (() => void)[] = [
      () => expect(joined(broker, "a", options).position.offset).toBe(answers.length),
      () => expect(joined(broker, "a", null)).toMatchObject({ recovered: false }),
      () => expect(pageOf(history(broker, "a", options)).top).toBe(answers.length),
      () => expect(removed(broker, "a", options)).toBeNull(),
      () => broker.publish(draftOf("a", 0, { idempotencyKey: "k" }), null),
      () => broker.flush(),
    ];
    for (const [index, ask] of askers.entries()) {
      publish("a", index);
      expect(answers).toHaveLength(index);
      ask();
      expect(answers.at(-1)).toBe(`a ${index + 1}`);
    }
  });

  test("who asks for another channel lets the group wait", () => {
    published(broker, draftOf("b", 1, { history: options }));
    publish("a", 1);
    joined(broker, "b", options);
    history(broker, "b", options);
    removed(broker, "b", options);
    broker.publish(draftOf("b", 2, { idempotencyKey: "k" }), null);
    expect(answers).toEqual([]);
    fixture.endTurn();
    expect(answers).toEqual(["a 1"]);
  });

  test("what is not kept waits behind what waits in its channel, and in no other", () => {
    publish("a", 1);
    publish("a", 2, { history: null });
    publish("b", 3, { history: null });
    expect(fixture.delivered.map(({ publication }) => publication.data)).toEqual([json(3)]);
    fixture.endTurn();
    expect(fixture.delivered.map(({ publication }) => publication.data)).toEqual([json(3), json(1), json(2)]);
    expect(answers).toEqual(["b 0", "a 1", "a 0"]);
  });

  test("[BK105] a failed commit answers 100 to the whole group, delivers nothing, and its offsets are given again (F05)", () => {
    publish("a", 0);
    fixture.endTurn();
    store.fault = () => {
      throw new Error("disk I/O error");
    };
    publish("a", 1);
    publish("b", 1);
    publish("a", 2);
    fixture.endTurn();
    expect(answers.slice(1)).toEqual(["a error 100", "b error 100", "a error 100"]);
    expect(fixture.delivered).toHaveLength(1);
    expect(pageOf(history(broker, "a", options))).toMatchObject({ offsets: [1], top: 1 });
    store.fault = null;
    publish("a", 3);
    publish("b", 2);
    fixture.endTurn();
    expect(answers.slice(4)).toEqual(["a 2", "b 1"]);
    expect(pageOf(history(broker, "a", options)).data).toEqual([0, 3]);
    expect(broker.counts).toMatchObject({ failedCommits: 1, commits: 2 });
    expect(fixture.captured.count("broker.store_failed")).toBe(1);
    expect(fixture.captured.count("broker.store_healed")).toBe(1);
  });

  test("what is not kept is delivered also where the commit before it fails", () => {
    store.fault = () => {
      throw new Error("disk I/O error");
    };
    publish("a", 1);
    publish("a", 2, { history: null });
    fixture.endTurn();
    expect(answers).toEqual(["a error 100", "a 0"]);
    expect(fixture.delivered.map(({ publication }) => publication.data)).toEqual([json(2)]);
  });

  test("a key of a failed publish is free again", () => {
    store.fault = () => {
      throw new Error("disk I/O error");
    };
    publish("a", 1, { idempotencyKey: "k" });
    fixture.endTurn();
    store.fault = null;
    publish("a", 1, { idempotencyKey: "k" });
    fixture.endTurn();
    expect(answers).toEqual(["a error 100", "a 1"]);
  });

  test("no news within a group is answered with the top at its place, and remembered versions come back", () => {
    publish("a", 1, { version: 2 });
    publish("a", 2, { version: 1 });
    publish("a", 3, { version: 3 });
    fixture.endTurn();
    expect(answers).toEqual(["a 1", "a 1", "a 2"]);
    store.fault = () => {
      throw new Error("disk I/O error");
    };
    publish("a", 4, { version: 9 });
    fixture.endTurn();
    store.fault = null;
    publish("a", 5, { version: 4 });
    fixture.endTurn();
    expect(answers.slice(3)).toEqual(["a error 100", "a 3"]);
  });

  test("a commit of more than 100 ms is one warning and counted (F06)", () => {
    store.fault = () => fixture.clock.advance(100);
    publish("a", 1);
    fixture.endTurn();
    expect(broker.counts.slowCommits).toBe(0);
    store.fault = () => fixture.clock.advance(101);
    publish("a", 2);
    publish("a", 3);
    fixture.endTurn();
    expect(broker.counts.slowCommits).toBe(1);
    const warning = fixture.captured.lines.find((line) => line["event"] === "broker.slow_commit");
    expect(warning).toMatchObject({ level: "warn", ms: 101, publications: 2 });
  });

  test("a group is one transaction, whatever is in it", () => {
    const before = commitsIn(`${folder.path}/${files}.db-wal`);
    for (let n = 0; n < 64; n++) publish(`channel ${n % 5}`, n, n === 0 ? { idempotencyKey: "k" } : {});
    expect(answers).toHaveLength(64);
    expect(commitsIn(`${folder.path}/${files}.db-wal`)).toBe(before + 1);
    // What has no publication has no row.
    joined(broker, "new", options);
    expect(commitsIn(`${folder.path}/${files}.db-wal`)).toBe(before + 1);
  });

  test("closing commits what waits", async () => {
    publish("a", 1);
    await broker.close();
    expect(answers).toEqual(["a 1"]);
  });

  test("one that asks within an answer finds the rest of its group delivered", () => {
    const askers: Record<string, () => void> = {
      join: () => joined(broker, "a", options, sinceOf(0, "")),
      flush: () => broker.flush(),
      top: () => broker.top("a", options),
      publish: () => publish("a", 0, { history: null }),
    };
    for (const [name, ask] of Object.entries(askers)) {
      const before = fixture.delivered.length;
      broker.publish(draftOf("a", 1, { history: options }), () => {
        ask();
        answers.push(`${name} after ${fixture.delivered.length - before}`);
      });
      publish("a", 2);
      publish("b", 1);
      fixture.endTurn();
    }
    expect(answers.filter((line) => line.includes("after"))).toEqual([
      "join after 3",
      "flush after 3",
      "top after 3",
      "publish after 4",
    ]);
  });
});
