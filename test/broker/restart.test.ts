import { afterAll, describe, expect, test } from "bun:test";
import { cpSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { copyAsCrashed } from "../support/crash-copy.ts";
import {
  draftOf,
  fixtureParts,
  freshFolder,
  history,
  joined,
  kept,
  pageOf,
  published,
  sinceOf,
  sqliteFixture,
} from "./fixture.ts";

describe("a restart", () => {
  const folder = freshFolder();
  const options = kept("sqlite");
  let files = 0;
  const fresh = () => `${folder.path}/${++files}/chorus.db`;
  const draft = (channel: string, value: unknown, rest = {}) => draftOf(channel, value, { history: options, ...rest });
  afterAll(folder.remove);

  /** What is on the disk at this moment, as after a kill -9: copied into a folder of its own. */
  const crashed = (path: string): string => {
    const copy = fresh();
    copyAsCrashed(path, copy);
    return copy;
  };

  test("[BK120] keeps publications, offsets and epochs, so that clients recover across it", async () => {
    const path = fresh();
    const parts = fixtureParts();
    const first = sqliteFixture(path, {}, parts);
    const info = { user: "ann", client: "c", connInfo: "{}" };
    const position = published(first.broker, draft("a", 1, { info, tags: { k: "v" } }));
    published(first.broker, { ...draft("a", 0), data: { kind: "binary", bytes: new Uint8Array([1, 2]) } });
    await first.broker.close();
    const { broker } = sqliteFixture(path, {}, parts);
    const answer = joined(broker, "a", options, sinceOf(0, position.epoch));
    expect(answer).toMatchObject({ recovered: true, position: { offset: 2, epoch: position.epoch } });
    expect(answer.publications).toMatchObject([
      { offset: 1, data: { kind: "json", json: "1" }, info, tags: { k: "v" } },
      { offset: 2, data: { kind: "json", json: '"AQI="' }, tags: { "chorus-encoding": "base64" } },
    ]);
    expect(published(broker, draft("a", 3))).toEqual({ offset: 3, epoch: position.epoch });
    await broker.close();
  });

  test("[BK121] a crash keeps all that was acknowledged, and keys; an epoch without a publication begins anew (F01)", async () => {
    const path = fresh();
    const parts = fixtureParts();
    const first = sqliteFixture(path, {}, parts);
    const told = joined(first.broker, "told", options).position;
    const keyed = published(first.broker, draft("a", 1, { idempotencyKey: "k" }));
    published(first.broker, draft("a", 2, { version: 7 }));
    first.broker.publish(draft("a", "waiting"), null);
    const second = sqliteFixture(crashed(path), {}, parts);
    const again = joined(second.broker, "told", options, sinceOf(0, told.epoch));
    expect(again).toMatchObject({ position: { offset: 0 }, recovered: false });
    expect(again.position.epoch).not.toBe(told.epoch);
    expect(pageOf(history(second.broker, "a", options))).toEqual({
      offsets: [1, 2],
      data: [1, 2],
      top: 2,
      epoch: keyed.epoch,
    });
    expect(published(second.broker, draft("a", "again", { idempotencyKey: "k" }))).toEqual(keyed);
    expect(published(second.broker, draft("a", "old", { version: 7 })).offset).toBe(2);
    expect(second.captured.lines).toEqual([]);
    await first.broker.close();
    await second.broker.close();
  });

  test("[BK122] times to live go on through it, by the wall clock", async () => {
    const path = fresh();
    const parts = fixtureParts();
    const first = sqliteFixture(path, {}, parts);
    const position = published(first.broker, draft("a", 1, { idempotencyKey: "k" }));
    parts.clock.advance(options.ttl - 1);
    await first.broker.close();
    const second = sqliteFixture(path, {}, parts);
    expect(pageOf(history(second.broker, "a", options)).offsets).toEqual([1]);
    await second.broker.close();
    parts.clock.advance(1);
    const third = sqliteFixture(path, {}, parts);
    expect(pageOf(history(third.broker, "a", options))).toMatchObject({ offsets: [], top: 1, epoch: position.epoch });
    parts.clock.advance(300_000 - options.ttl);
    expect(published(third.broker, draft("a", 1, { idempotencyKey: "k" })).offset).toBe(2);
    await third.broker.close();
    parts.clock.advance(options.metaTtl);
    const fourth = sqliteFixture(path, {}, parts);
    expect(joined(fourth.broker, "a", options, sinceOf(2, position.epoch))).toMatchObject({ recovered: false });
    expect(published(fourth.broker, draft("a", 1)).epoch).not.toBe(position.epoch);
    await fourth.broker.close();
  });

  test("a clock that was put back while nothing ran makes no time to live negative or endless", async () => {
    const path = fresh();
    const parts = fixtureParts();
    const first = sqliteFixture(path, {}, parts);
    published(first.broker, draft("a", 1, { idempotencyKey: "k" }));
    await first.broker.close();
    parts.clock.jump(-3_600_000);
    const second = sqliteFixture(path, {}, parts);
    parts.clock.advance(300_000);
    expect(published(second.broker, draft("a", 2, { idempotencyKey: "k" })).offset).toBe(2);
    await second.broker.close();
  });

  test("what reads have renewed is kept: at the close at once, in a crash as of the last sweep", async () => {
    const path = fresh();
    const parts = fixtureParts();
    const first = sqliteFixture(path, {}, parts);
    const { epoch } = published(first.broker, draft("a", 1));
    parts.clock.advance(options.metaTtl - 1);
    first.broker.sweep();
    joined(first.broker, "a", options);
    first.broker.sweep();
    const copy = crashed(path);
    parts.clock.advance(options.metaTtl - 2);
    joined(first.broker, "a", options);
    await first.broker.close();
    const swept = sqliteFixture(copy, {}, parts);
    expect(published(swept.broker, draft("a", 2))).toEqual({ offset: 2, epoch });
    await swept.broker.close();
    parts.clock.advance(options.metaTtl - 1);
    const closed = sqliteFixture(path, {}, parts);
    expect(published(closed.broker, draft("a", 2))).toEqual({ offset: 2, epoch });
    await closed.broker.close();
  });

  test("[BK125] an old copy put back in its place gets new epochs: nobody takes it for the newest (F08)", async () => {
    const path = fresh();
    const parts = fixtureParts();
    const first = sqliteFixture(path, {}, parts);
    published(first.broker, draft("a", 1));
    const backup = crashed(path);
    const seen = published(first.broker, draft("a", "lost"));
    await first.broker.close();
    for (const suffix of ["", "-wal"]) {
      rmSync(path + suffix, { force: true });
      cpSync(backup + suffix, path + suffix);
    }
    const second = sqliteFixture(path, {}, parts);
    expect(second.captured.count("broker.epochs_renewed")).toBe(1);
    published(second.broker, draft("a", "new 2"));
    const position = published(second.broker, draft("a", "new 3"));
    expect(position).toMatchObject({ offset: 3 });
    expect(position.epoch).not.toBe(seen.epoch);
    expect(joined(second.broker, "a", options, sinceOf(2, seen.epoch))).toEqual({
      position,
      publications: [],
      recovered: false,
    });
    expect(pageOf(history(second.broker, "a", options)).data).toEqual([1, "new 2", "new 3"]);
    await second.broker.close();
    const third = sqliteFixture(path, {}, parts);
    expect(third.broker.top("a", options)).toEqual(position);
    await third.broker.close();
  });

  test("a file without its witness, or with one that is not its own, gets new epochs once", async () => {
    const parts = fixtureParts();
    const other = fresh();
    const stranger = sqliteFixture(other, {}, parts);
    published(stranger.broker, draft("a", 1));
    await stranger.broker.close();
    const harms: ((witness: string) => void)[] = [
      (witness) => rmSync(witness),
      (witness) => writeFileSync(witness, ""),
      (witness) => writeFileSync(witness, readFileSync(witness).fill(7, 9, 10)),
      (witness) => cpSync(`${other}-witness`, witness),
    ];
    for (const harm of harms) {
      const path = fresh();
      const first = sqliteFixture(path, {}, parts);
      const { epoch } = published(first.broker, draft("a", 1));
      await first.broker.close();
      harm(`${path}-witness`);
      const second = sqliteFixture(path, {}, parts);
      const renewed = second.broker.top("a", options);
      expect(renewed?.offset).toBe(1);
      expect(renewed?.epoch).not.toBe(epoch);
      await second.broker.close();
      const third = sqliteFixture(path, {}, parts);
      expect(third.broker.top("a", options)).toEqual(renewed);
      await third.broker.close();
    }
  });

  test("[BK125] wherever the write-ahead log is cut off, what was lost is one line in the log", async () => {
    const parts = fixtureParts();
    const path = fresh();
    const { broker } = sqliteFixture(path, {}, parts);
    for (let n = 0; n < 3; n++) published(broker, draft("a", n));
    const frame = 4_096 + 24;
    const whole = statSync(`${path}-wal`).size;
    for (let size = 0; size < whole; size += frame) {
      const cut = crashed(path);
      truncateSync(`${cut}-wal`, size);
      const before = parts.captured.lines.length;
      const opened = sqliteFixture(cut, {}, parts);
      expect(parts.captured.lines.slice(before)).toHaveLength(1);
      await opened.broker.close();
    }
    await broker.close();
  });
});
