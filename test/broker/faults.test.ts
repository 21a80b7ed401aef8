import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { errors } from "../../src/core/errors.ts";
import { DamageError } from "../../src/sqlite/damage.ts";
import {
  draftOf,
  faultyFixture,
  fixtureParts,
  freshFolder,
  history,
  joined,
  json,
  kept,
  pageOf,
  publish,
  published,
  removed,
  sinceOf,
  sqliteFixture,
} from "./fixture.ts";

describe("a file that fails", () => {
  const folder = freshFolder();
  const options = kept("sqlite", { size: 100_000 });
  let files = 0;
  const fresh = () => `${folder.path}/${++files}/chorus.db`;
  const draft = (channel: string, value: unknown, rest = {}) => draftOf(channel, value, { history: options, ...rest });
  const setAside = (path: string) => readdirSync(dirname(path)).filter((name) => /\.damaged-[^w]*Z$/.test(name));
  afterAll(folder.remove);

  /** Publishes until the file is full, and tells how many went in. */
  const fill = (broker: ReturnType<typeof sqliteFixture>["broker"], channel: string): number => {
    for (let n = 0; n < 10_000; n++) {
      if (!publish(broker, draft(channel, "x".repeat(1_000))).ok) return n;
    }
    throw new Error("The file never became full.");
  };

  test("[BK130] a full disk refuses with 100 and delivers nothing, reads go on, and it heals alone (F05)", async () => {
    const fixture = sqliteFixture(fresh(), { pagesMax: 60 });
    const { broker, delivered } = fixture;
    const count = fill(broker, "a");
    expect(count).toBeGreaterThan(10);
    expect(delivered).toHaveLength(count);
    expect(publish(broker, draft("a", "y".repeat(1_000)))).toMatchObject({
      ok: false,
      error: { code: 100, temporary: true },
    });
    expect(delivered).toHaveLength(count);
    const { epoch, top } = pageOf(history(broker, "a", options));
    expect(top).toBe(count);
    expect(joined(broker, "a", options, sinceOf(count - 2, epoch))).toMatchObject({ recovered: true });
    expect(publish(broker, { ...draft("a", 1), history: null }).ok).toBe(true);
    fixture.clock.advance(options.ttl);
    for (let n = 0; n < 3; n++) broker.sweep();
    expect(published(broker, draft("a", "y".repeat(1_000)))).toEqual({ offset: count + 1, epoch });
    expect(fixture.captured.count("broker.store_healed")).toBe(1);
    await broker.close();
  });

  test("on a full disk what is kept is read and joined, and what has no publication needs no room (F05)", async () => {
    const path = fresh();
    const { broker } = sqliteFixture(path, { pagesMax: 60 });
    fill(broker, "a");
    while (publish(broker, draft("b", "")).ok);
    const known = history(broker, "a", options);
    const begun = joined(broker, "new", options).position;
    expect(begun).toEqual({ offset: 0, epoch: expect.stringMatching(/^[a-zA-Z]{8}$/) });
    expect(publish(broker, draft("new", "x".repeat(10_000)))).toEqual({ ok: false, error: errors.internal });
    expect(broker.top("new", options)).toEqual(begun);
    expect(joined(broker, "a", options, sinceOf(0, "")).position).toEqual(
      known.ok ? known.value.position : expect.anything(),
    );
    await broker.close();
  });

  test("[BK132] what is no database is set aside, and a new one begins (F07)", async () => {
    for (const content of [
      "not a database, but long enough to be looked at: ".repeat(30),
      "short",
      "\0".repeat(8192),
    ]) {
      const path = fresh();
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      const { broker, captured } = sqliteFixture(path);
      expect(captured.count("broker.file_damaged")).toBe(1);
      expect(setAside(path)).toHaveLength(1);
      expect(readFileSync(`${dirname(path)}/${setAside(path)[0]}`, "utf8")).toBe(content);
      expect(published(broker, draft("a", 1)).offset).toBe(1);
      await broker.close();
    }
  });

  test("[BK133] a file of a later schema is not touched, and said to be one", () => {
    const path = fresh();
    void sqliteFixture(path).broker.close();
    const db = new Database(path);
    db.run("UPDATE about SET schema = 2");
    db.run("PRAGMA user_version = 2");
    db.close();
    expect(() => sqliteFixture(path)).toThrow("later version of Chorus (schema 2)");
    expect(setAside(path)).toEqual([]);
  });

  test("tables that are not as written are damage", async () => {
    const harms = [
      "PRAGMA user_version = 0",
      "PRAGMA user_version = 7",
      "DROP TABLE orphans",
      "ALTER TABLE streams ADD COLUMN more INTEGER",
      "CREATE TABLE foreign_one (id INTEGER)",
      "DELETE FROM about",
    ];
    for (const harm of harms) {
      const path = fresh();
      const first = sqliteFixture(path);
      const { epoch } = published(first.broker, draft("a", 1));
      await first.broker.close();
      const db = new Database(path);
      db.run(harm);
      db.close();
      const { broker, captured } = sqliteFixture(path, {}, fixtureParts(2));
      expect([harm, captured.count("broker.file_damaged")]).toEqual([harm, 1]);
      expect(published(broker, draft("a", 1)).epoch).not.toBe(epoch);
      await broker.close();
    }
  });

  test("[BK135] a file that another broker has open is refused, and stays with the first", async () => {
    const path = fresh();
    const { broker } = sqliteFixture(path);
    const [symbolic, hard] = [`${path}-symbolic`, `${path}-hard`];
    symlinkSync(path, symbolic);
    linkSync(path, hard);
    for (const name of [path, symbolic, hard]) {
      expect(() => sqliteFixture(name)).toThrow(`${name} cannot be opened: it is in use by this process`);
    }
    expect(published(broker, draft("a", 1)).offset).toBe(1);
    await broker.close();
  });

  test("a path that cannot be a file is refused with its name", () => {
    expect(() => sqliteFixture(folder.path)).toThrow(`${folder.path} cannot be opened`);
    expect(() => sqliteFixture("/dev/null/chorus.db")).toThrow("/dev/null/chorus.db cannot be opened");
  });

  /** Changes the rows of a closed file with SQL, as no flipped bit could do more exactly. */
  const harmed = (sql: string) => {
    const path = fresh();
    const parts = fixtureParts();
    const first = sqliteFixture(path, {}, parts);
    const position = { offset: 0, epoch: "" };
    for (let n = 1; n <= 5; n++) Object.assign(position, published(first.broker, draft("a", n)));
    void first.broker.close();
    const db = new Database(path);
    db.run(sql);
    db.close();
    return { ...sqliteFixture(path, {}, parts), position, path };
  };

  const rowHarms = [
    "UPDATE streams SET top = 6",
    "UPDATE streams SET top = 4",
    "UPDATE streams SET first = 2",
    "UPDATE streams SET epoch = 'aaaaaaaa'",
    "UPDATE publications SET data = '7' WHERE offset = 4",
    "UPDATE publications SET offset = 9 WHERE offset = 5",
    "UPDATE publications SET tags = '{}' WHERE offset = 4",
    "UPDATE publications SET user = 'eve' WHERE offset = 4",
    "DELETE FROM publications WHERE offset = 4",
    "DELETE FROM publications WHERE offset = 5",
  ];

  test.each(rowHarms)(
    "a row that is not as written is found when it is read, and a new file begins: %s",
    async (sql) => {
      const { broker, captured, position, path } = harmed(sql);
      const answer = joined(broker, "a", options, sinceOf(3, position.epoch));
      expect(answer).toMatchObject({ recovered: false, publications: [], position: { offset: 0 } });
      expect(answer.position.epoch).not.toBe(position.epoch);
      expect(captured.count("broker.file_damaged")).toBe(1);
      expect(setAside(path)).toHaveLength(1);
      expect(published(broker, draft("a", 6))).toEqual({ offset: 1, epoch: answer.position.epoch });
      await broker.close();
    },
  );

  test("a row where there can be none yet is found when it is written", async () => {
    const { broker, captured, delivered, position } = harmed(
      "INSERT INTO publications SELECT stream, 6, data, tags, user, client, conn_info, chan_info, crc FROM publications WHERE offset = 5",
    );
    const anew = published(broker, draft("a", 6));
    expect(anew.offset).toBe(1);
    expect(anew.epoch).not.toBe(position.epoch);
    expect(captured.count("broker.file_damaged")).toBe(1);
    expect(delivered.at(-1)?.publication).toMatchObject({ data: json(6), ...anew });
    await broker.close();
  });

  test("damage found again at once is refused with 100 until ten seconds are over, so that no disk fills with files", async () => {
    const path = fresh();
    const { broker, clock, store } = faultyFixture(path);
    const harm = () => {
      let harmed = false;
      store.fault = () => {
        if (!harmed) {
          harmed = true;
          throw new DamageError("a test");
        }
      };
      return publish(broker, draft("a", 2));
    };
    expect(harm().ok).toBe(true);
    clock.advance(9_000);
    expect(harm()).toMatchObject({ ok: false, error: { code: 100 } });
    expect(setAside(path)).toHaveLength(1);
    expect(joined(broker, "a", options)).toMatchObject({ recovered: false });
    clock.advance(1_000);
    expect(publish(broker, draft("a", 3)).ok).toBe(true);
    await broker.close();
  });

  test("a key that is not as written is damage, found when the process begins", async () => {
    const path = fresh();
    const parts = fixtureParts();
    const first = sqliteFixture(path, {}, parts);
    published(first.broker, draft("a", 1, { idempotencyKey: "k" }));
    await first.broker.close();
    const db = new Database(path);
    db.run("UPDATE idempotency_keys SET offset = 2");
    db.close();
    const { broker, captured } = sqliteFixture(path, {}, parts);
    expect(captured.count("broker.file_damaged")).toBe(1);
    expect(published(broker, draft("a", 1, { idempotencyKey: "k" })).offset).toBe(1);
    await broker.close();
  });

  test("a removed history stays removed over a restart", async () => {
    const path = fresh();
    const parts = fixtureParts();
    const first = sqliteFixture(path, {}, parts);
    const position = published(first.broker, draft("a", 1));
    removed(first.broker, "a", options);
    await first.broker.close();
    const { broker } = sqliteFixture(path, {}, parts);
    expect(pageOf(history(broker, "a", options))).toMatchObject({ offsets: [], top: 1, epoch: position.epoch });
    await broker.close();
  });

  test("a damaged page is found when the file is opened, before anyone asks for what is on it (F07)", async () => {
    const path = fresh();
    const parts = fixtureParts();
    const first = sqliteFixture(path, {}, parts);
    for (let n = 0; n < 100; n++) published(first.broker, draft("a", "x".repeat(1_000)));
    await first.broker.close();
    const bytes = readFileSync(path);
    bytes.fill(0xff, bytes.length - 4096);
    writeFileSync(path, bytes);
    const { broker, captured } = sqliteFixture(path, {}, parts);
    expect(captured.count("broker.file_damaged")).toBe(1);
    await broker.close();
  });

  test("damage found in a running process is told to whoever asked to be told", async () => {
    const path = fresh();
    const parts = fixtureParts();
    const first = sqliteFixture(path, {}, parts);
    published(first.broker, draft("a", 1));
    await first.broker.close();
    const db = new Database(path);
    db.run("DELETE FROM publications");
    db.close();
    let told = 0;
    const replaced = () => {
      told++;
    };
    const { broker } = sqliteFixture(path, { replaced }, parts);
    expect(told).toBe(0);
    history(broker, "a", options);
    expect(told).toBe(1);
    await broker.close();
  });
});
