import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import { keptBytes } from "../../src/broker/local/kept-size.ts";
import { SqliteStore } from "../../src/broker/local/sqlite-store.ts";
import { errors } from "../../src/core/errors.ts";
import {
  askedToJoin,
  draftOf,
  faultyFixture,
  fixtureOf,
  fixtureParts,
  freshFolder,
  history,
  joined,
  kept,
  pageOf,
  publish,
  published,
  sqliteFixture,
} from "./fixture.ts";

describe("the bounds of a file", () => {
  const folder = freshFolder();
  let files = 0;
  afterAll(folder.remove);
  const fresh = () => `${folder.path}/${++files}.db`;
  const rows = (path: string, table: string) => {
    const db = new Database(path, { readonly: true });
    const count = db.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n;
    db.close();
    return count;
  };

  test("[BK160] over the bound of streams those without a publication go first, then those that keep none (T47)", async () => {
    const path = fresh();
    const options = kept("sqlite");
    const parts = fixtureParts();
    const { broker, clock } = sqliteFixture(path, { streamsMax: 50 }, parts);
    const early = kept("sqlite", { ttl: 1_000 });
    for (let n = 0; n < 25; n++) published(broker, draftOf(`kept ${n}`, n, { history: options }));
    for (let n = 0; n < 500; n++) joined(broker, `name ${n}`, options);
    for (let n = 0; n < 25; n++) published(broker, draftOf(`early ${n}`, n, { history: early }));
    // A whole group over the bound is refused, each for itself.
    const outcomes: boolean[] = [];
    for (const name of ["kept 0", "one more", "kept 1"]) {
      broker.publish(draftOf(name, "again", { history: options }), ({ ok }) => outcomes.push(ok));
    }
    broker.flush();
    expect(outcomes).toEqual([true, false, true]);
    expect(askedToJoin(broker, "one more", options)).toBeNull();
    for (let n = 2; n < 25; n++) expect(pageOf(history(broker, `kept ${n}`, options)).data).toEqual([n]);
    expect(broker.counts).toMatchObject({ overBound: 2, overShare: 0 });
    clock.advance(1_000);
    joined(broker, "one more", options);
    expect(published(broker, draftOf("one more", 1, { history: options })).offset).toBe(1);
    await broker.close();
    expect(rows(path, "streams")).toBe(50);
    const again = sqliteFixture(path, { streamsMax: 50 }, parts);
    for (let n = 2; n < 25; n++) expect(pageOf(history(again.broker, `kept ${n}`, options)).data).toEqual([n]);
    await again.broker.close();
  });

  test("[BK160] names that are refused at the bound of streams write nothing, and what expires later makes room", async () => {
    const path = fresh();
    const options = kept("sqlite");
    const { broker, clock } = sqliteFixture(path, { streamsMax: 50 });
    for (let n = 0; n < 50; n++) published(broker, draftOf(`kept ${n}`, n, { history: options }));
    const commits = () => {
      const db = new Database(path, { readonly: true });
      const found = db.query<{ commits: number }, []>("SELECT commits FROM about").get()?.commits;
      db.close();
      return found;
    };
    const before = commits();
    for (let n = 0; n < 100; n++) expect(askedToJoin(broker, `name ${n}`, options)).toBeNull();
    expect(history(broker, "name", options).ok).toBe(false);
    expect(commits()).toBe(before);
    clock.advance(options.ttl);
    expect(askedToJoin(broker, "name", options)).not.toBeNull();
    await broker.close();
  });

  test("[BK161] over the bound of bytes a publish is refused, and nothing that is kept goes", async () => {
    const path = fresh();
    const options = kept("sqlite", { size: 3 });
    const { broker, clock } = sqliteFixture(path, { bytesMax: 400_000 });
    for (let n = 0; n < 3; n++) published(broker, draftOf("full", "x".repeat(998 - keptBytes), { history: options }));
    let count = 0;
    while (publish(broker, draftOf(`name ${count}`, "x".repeat(9_998), { history: options })).ok) count++;
    expect(count).toBeGreaterThan(20);
    expect(published(broker, draftOf("full", "x".repeat(998 - keptBytes), { history: options })).offset).toBe(4);
    for (let n = 0; n < count; n++) expect(pageOf(history(broker, `name ${n}`, options)).offsets).toEqual([1]);
    clock.advance(options.ttl);
    for (let n = 0; n < 5; n++) broker.sweep();
    expect(publish(broker, draftOf("name 0", "x".repeat(9_998), { history: options })).ok).toBe(true);
    await broker.close();
  });

  test("a stream that cannot be written is not remembered, whatever of it fails", async () => {
    const { broker, store } = faultyFixture(fresh(), fixtureParts(), { streamsMax: 10 });
    store.fault = () => {
      throw new Error("disk I/O error");
    };
    const options = kept("sqlite");
    expect(publish(broker, draftOf("new", 1, { history: options }))).toEqual({ ok: false, error: errors.internal });
    expect(broker.top("new", options)).toBeNull();
    const { position } = joined(broker, "told", options);
    expect(publish(broker, draftOf("told", 1, { history: options })).ok).toBe(false);
    expect(broker.top("told", options)).toEqual(position);
    store.fault = null;
    expect(published(broker, draftOf("told", 1, { history: options }))).toEqual({ ...position, offset: 1 });
    await broker.close();
  });

  test("trimmed publications leave the file, a few at a time", async () => {
    const path = fresh();
    const options = kept("sqlite", { size: 40 });
    const { broker } = sqliteFixture(path);
    for (let n = 0; n < 500; n++) published(broker, draftOf("a", n, { history: options }));
    await broker.close();
    const left = rows(path, "publications") ?? 0;
    expect(left).toBeGreaterThanOrEqual(40);
    expect(left).toBeLessThan(40 + 16);
  });

  test("[BK172] what has expired leaves it in bounded pieces, whether or not anyone asks again", async () => {
    const path = fresh();
    const parts = fixtureParts();
    const options = kept("sqlite", { size: 10_000 });
    const first = sqliteFixture(path, {}, parts);
    for (let n = 0; n < 2_500; n++) first.broker.publish(draftOf("long", n, { history: options }), null);
    for (let n = 0; n < 300; n++) first.broker.publish(draftOf(`name ${n}`, n, { history: options }), null);
    await first.broker.close();
    parts.clock.advance(options.ttl);
    const left: unknown[] = [];
    for (let n = 0; n < 4; n++) {
      const { broker } = sqliteFixture(path, {}, parts);
      for (let sweeps = 0; sweeps < 2; sweeps++) broker.sweep();
      await broker.close();
      left.push(rows(path, "publications"));
    }
    expect(left).toEqual([1_500, 500, 0, 0]);
    expect(rows(path, "streams")).toBe(301);
    parts.clock.advance(options.metaTtl);
    const last = sqliteFixture(path, {}, parts);
    for (let n = 0; n < 3; n++) last.broker.sweep();
    expect(last.broker.top("long", options)).toBeNull();
    await last.broker.close();
    expect(rows(path, "streams")).toBe(0);
  });

  test("a long stream that is forgotten leaves orphans, which go piece by piece and never come back", async () => {
    const path = fresh();
    const options = kept("sqlite", { size: 10_000, ttl: 600_000 });
    const fixture = sqliteFixture(path);
    const { broker, clock } = fixture;
    for (let n = 0; n < 3_500; n++) broker.publish(draftOf("long", n, { history: options }), null);
    broker.flush();
    clock.advance(options.metaTtl);
    expect(published(broker, draftOf("long", "new", { history: options })).offset).toBe(1);
    await broker.close();
    expect([rows(path, "publications"), rows(path, "orphans")]).toEqual([2_501, 1]);
    const again = sqliteFixture(path, {}, { ...fixtureParts(2), clock });
    for (let n = 0; n < 3; n++) again.broker.sweep();
    expect(pageOf(history(again.broker, "long", options)).data).toEqual(["new"]);
    await again.broker.close();
    expect([rows(path, "publications"), rows(path, "orphans")]).toEqual([1, 0]);
  });

  test("an id is not given again while publications of its stream are left", async () => {
    const path = fresh();
    const options = kept("sqlite", { size: 10_000, ttl: 600_000 });
    const parts = fixtureParts();
    const first = sqliteFixture(path, {}, parts);
    for (let n = 0; n < 1_500; n++) first.broker.publish(draftOf("long", n, { history: options }), null);
    first.broker.flush();
    parts.clock.advance(options.metaTtl);
    first.broker.sweep();
    await first.broker.close();
    expect([rows(path, "streams"), rows(path, "publications")]).toEqual([0, 500]);
    const { broker, captured } = sqliteFixture(path, {}, parts);
    for (let n = 1; n <= 3; n++) published(broker, draftOf("other", n, { history: options }));
    broker.sweep();
    expect(pageOf(history(broker, "other", options)).data).toEqual([1, 2, 3]);
    expect(captured.lines).toEqual([]);
    await broker.close();
  });

  test("keys that are over leave the file", async () => {
    const path = fresh();
    const options = kept("sqlite");
    const fixture = sqliteFixture(path);
    const { broker, clock } = fixture;
    for (let n = 0; n < 50; n++) published(broker, draftOf("a", n, { history: options, idempotencyKey: `k${n}` }));
    clock.advance(300_000);
    published(broker, draftOf("a", 0, { history: options, idempotencyKey: "new" }));
    broker.sweep();
    await broker.close();
    expect(rows(path, "idempotency_keys")).toBe(1);
  });

  test("a sweep that finds nothing writes nothing", async () => {
    const parts = fixtureParts();
    const { clock, random, captured } = parts;
    let commits = 0;
    class CountingStore extends SqliteStore {
      override commit(): void {
        commits++;
        super.commit();
      }
    }
    const sqlite = new CountingStore({ path: fresh(), synchronous: "full" }, { clock, random, log: captured.log });
    const { broker } = fixtureOf(() => ({ memory: sqlite, sqlite }), parts);
    published(broker, draftOf("a", 1, { history: kept("sqlite") }));
    expect(commits).toBe(1);
    for (let n = 0; n < 10; n++) {
      clock.advance(1_000);
      joined(broker, "a", kept("sqlite"));
      broker.sweep();
    }
    expect(commits).toBe(1);
    await broker.close();
  });
});
