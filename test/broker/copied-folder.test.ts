import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Position } from "../../src/core/publication.ts";
import { copyAsCrashed, copyFolder } from "../support/crash-copy.ts";
import { skipping } from "../support/skipping.ts";
import {
  draftOf,
  type FixtureParts,
  fixtureParts,
  freshFolder,
  joined,
  kept,
  published,
  sinceOf,
  sqliteFixture,
} from "./fixture.ts";

const isElsewhere = process.platform !== "linux";
const elsewhere = skipping(isElsewhere ? "the file itself is held on Linux alone" : null);

describe("a copied folder", () => {
  const folder = freshFolder();
  const options = kept("sqlite");
  let files = 0;
  const fresh = () => `${folder.path}/${++files}/chorus.db`;
  const draft = (channel: string, value: unknown) => draftOf(channel, value, { history: options });
  afterAll(folder.remove);

  /** Publishes three, copies, publishes two more that only the original knows. */
  const original = async (parts: FixtureParts) => {
    const path = fresh();
    const { broker } = sqliteFixture(path, {}, parts);
    for (let n = 1; n <= 3; n++) published(broker, draft("a", n));
    await broker.close();
    const copy = fresh();
    copyFolder(path, copy);
    parts.clock.advance(60_000);
    const again = sqliteFixture(path, {}, parts);
    published(again.broker, draft("a", 4));
    const seen = published(again.broker, draft("a", 5));
    await again.broker.close();
    return { path, copy, seen, log: again.captured };
  };

  /** What was given is not given once more: the epoch is another, and that is said once. */
  const expectRenewed = async (path: string, seen: Position, parts: FixtureParts) => {
    const before = parts.captured.count("broker.epochs_renewed");
    const { broker } = sqliteFixture(path, {}, parts);
    expect(parts.captured.count("broker.epochs_renewed") - before).toBe(1);
    const top = broker.top("a", options);
    expect(top).toMatchObject({ offset: 3 });
    expect(top?.epoch).not.toBe(seen.epoch);
    expect(joined(broker, "a", options, sinceOf(3, seen.epoch)).recovered).toBe(false);
    await broker.close();
    const again = sqliteFixture(path, {}, parts);
    expect(again.broker.top("a", options)).toEqual(top);
    await again.broker.close();
  };

  test("[BK127] begins new epochs in another place, and in the place of the original", async () => {
    const parts = fixtureParts();
    const { path, copy, seen } = await original(parts);
    expect(parts.captured.count("broker.epochs_renewed")).toBe(0);
    const restored = fresh();
    copyFolder(copy, restored);
    await expectRenewed(restored, seen, parts);
    rmSync(dirname(path), { recursive: true });
    copyFolder(copy, path);
    await expectRenewed(path, seen, parts);
  });

  test("[BK127] begins new epochs where it was copied over the files of the original", async () => {
    const parts = fixtureParts();
    const { path, copy, seen } = await original(parts);
    for (const suffix of ["", "-witness"]) writeFileSync(path + suffix, readFileSync(copy + suffix));
    await expectRenewed(path, seen, parts);
  });

  test("[BK127] begins new epochs where it was copied over the original with its times, also while that was in use", async () => {
    const parts = fixtureParts();
    const path = fresh();
    const { broker } = sqliteFixture(path, {}, parts);
    for (let n = 1; n <= 3; n++) published(broker, draft("a", n));
    const copies = [fresh(), fresh(), fresh()];
    const [used = "", later = "", unused = ""] = copies;
    copyFolder(path, used);
    parts.clock.advance(5_000);
    copyFolder(path, later);
    await broker.close();
    copyFolder(path, unused);
    const again = sqliteFixture(path, {}, parts);
    const seen = published(again.broker, draft("a", 4));
    await again.broker.close();
    for (const copy of copies) {
      rmSync(`${path}-wal`, { force: true });
      copyFolder(copy, path);
      await expectRenewed(path, seen, parts);
    }
  });

  const title = "[BK136] a file that is taken away from a running server is one line in the log";
  test.skipIf(isElsewhere)(title + elsewhere, async () => {
    const parts = fixtureParts();
    const path = fresh();
    const { broker } = sqliteFixture(path, {}, parts);
    published(broker, draft("a", 1));
    broker.sweep();
    expect(parts.captured.lines).toEqual([]);
    renameSync(path, `${path}-elsewhere`);
    for (let n = 0; n < 3; n++) broker.sweep();
    writeFileSync(path, "another");
    broker.sweep();
    expect(parts.captured.count("broker.file_missing")).toBe(1);
    expect(published(broker, draft("a", 2)).offset).toBe(2);
    renameSync(`${path}-elsewhere`, path);
    broker.sweep();
    rmSync(path);
    broker.sweep();
    expect(parts.captured.count("broker.file_missing")).toBe(2);
    await broker.close();
  });

  test("[BK128] a moved folder, and one whose owner or mode was set anew, keeps its epochs", async () => {
    const parts = fixtureParts();
    const path = fresh();
    const first = sqliteFixture(path, {}, parts);
    const position = published(first.broker, draft("a", 1));
    await first.broker.close();
    const moved = dirname(fresh());
    renameSync(dirname(path), moved);
    for (const name of readdirSync(moved)) chmodSync(`${moved}/${name}`, 0o640);
    const { broker, captured } = sqliteFixture(`${moved}/chorus.db`, {}, parts);
    expect(broker.top("a", options)).toEqual(position);
    expect(captured.lines).toEqual([]);
    await broker.close();
  });

  test("[BK129] a witness of an older version keeps the epochs at its first start, and no copy afterwards", async () => {
    const parts = fixtureParts();
    const path = fresh();
    const first = sqliteFixture(path, {}, parts);
    const position = published(first.broker, draft("a", 1));
    await first.broker.close();
    const older = fresh();
    copyAsCrashed(path, older);
    const second = sqliteFixture(older, {}, parts);
    expect(second.broker.top("a", options)).toEqual(position);
    await second.broker.close();
    const copy = fresh();
    copyFolder(older, copy);
    const third = sqliteFixture(copy, {}, parts);
    expect(third.broker.top("a", options)?.epoch).not.toBe(position.epoch);
    await third.broker.close();
  });
});
