import { afterAll, describe, expect, test } from "bun:test";
import type { PublishLog } from "../../src/messages/publish-log.ts";
import { cursorPattern, type PublishLogFilter } from "../../src/messages/search.ts";
import { ManualClock } from "../support/clock.ts";
import { copyOf, entryOf, freshFolder, openStore } from "./fixture.ts";

const folder = freshFolder();
afterAll(folder.remove);

/** All pages of a filter, one after the other. */
async function pagesOf(log: PublishLog, filter: PublishLogFilter): Promise<(string | undefined)[][]> {
  const pages: (string | undefined)[][] = [];
  let cursor: string | undefined;
  do {
    const page = await log.query({ ...filter, cursor });
    pages.push(page.entries.map(({ channel }) => channel));
    cursor = page.cursor;
  } while (cursor !== undefined && pages.length < 100);
  return pages;
}

const channelsOf = async (log: PublishLog, filter: PublishLogFilter = {}) =>
  (await log.query({ limit: 1_000, ...filter })).entries.map(({ channel }) => channel);

/** Records as many entries into channels that are named by their number. */
function fill(log: PublishLog, count: number, from = 0): void {
  for (let n = from; n < from + count; n++) log.record(entryOf(`c${n}`));
}

/** The channels of what a kill would leave: read from a copy of the file. */
async function writtenTo(path: string, limit = 100): Promise<(string | undefined)[]> {
  const copied = openStore(copyOf(path, folder.file()));
  const pages = await pagesOf(copied.log, { limit });
  copied.close();
  return pages.flat();
}

describe("the push log", () => {
  test("[PL1] an entry is read as it was recorded, with its target in words", async () => {
    const { log, close } = openStore(folder.file(), { log: { payloads: true } });
    const full = { offset: 7, connections: 3, idempotency_key: "k", payload: '{"a":1}' };
    const entries = [
      entryOf("room", full),
      entryOf("", { channel: undefined, channels: 3, method: "broadcast" }),
      entryOf("", { channel: undefined, user: "ann", method: "send", queued: true, connections: 0 }),
      entryOf("", { channel: undefined, client: "c-1", key: "", outcome: "107" }),
    ];
    for (const entry of entries) log.record(entry);
    const read = (await log.query()).entries.toReversed();
    expect(read.map(({ target }) => target)).toEqual(["room", "3 channels", "ann", "c-1"]);
    expect(read.map(({ target: _, ...entry }) => entry)).toEqual(entries);
    expect(Object.keys(read[1] ?? {})).not.toContain("channel");
    close();
  });

  test("[PL2] payloads are kept only where that is configured, and only up to 64 KiB", async () => {
    const payloads = ["1", `"${"x".repeat(65_534)}"`, `"${"x".repeat(65_535)}"`];
    for (const [kept, expected] of [
      [true, [1, 65_536, undefined]],
      [false, [undefined, undefined, undefined]],
    ] as const) {
      const { log, close } = openStore(folder.file(), { log: { payloads: kept } });
      for (const payload of payloads) log.record(entryOf("room", { payload }));
      const { entries } = await log.query();
      expect(entries.map(({ payload }) => payload?.length).toReversed()).toEqual([...expected]);
      close();
    }
  });

  test("entries are written together, not when they are recorded but within 200 ms", async () => {
    const path = folder.file();
    const { log, tasks, runTasks, close } = openStore(path);
    fill(log, 3);
    expect(tasks.map(({ delay }) => delay)).toEqual([200]);
    expect(await writtenTo(path)).toEqual([]);
    runTasks();
    expect(await writtenTo(path)).toEqual(["c2", "c1", "c0"]);
    expect(tasks).toEqual([]);
    fill(log, 1);
    expect(tasks.map(({ delay }) => delay)).toEqual([200]);
    close();
  });

  test("a full group is written in the next turn, and what is left over in those after it", async () => {
    const path = folder.file();
    const { log, close } = openStore(path);
    fill(log, 1_200);
    expect(await writtenTo(path)).toEqual([]);
    for (const length of [500, 1_000, 1_200]) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(await writtenTo(path, 2_000)).toHaveLength(length);
    }
    close();
  });

  test("more than may wait in one turn is written and not lost", async () => {
    const { log, close } = openStore(folder.file());
    fill(log, 12_345);
    expect(log.lost).toBe(0);
    expect((await pagesOf(log, { limit: 1_000 })).flat()).toHaveLength(12_345);
    close();
  });

  test("a log that is off records nothing and can be read", async () => {
    const path = folder.file();
    const before = openStore(path);
    fill(before.log, 2);
    before.close();
    const { log, close } = openStore(path, { log: { enabled: false } });
    fill(log, 2);
    expect(await channelsOf(log)).toEqual(["c1", "c0"]);
    close();
  });

  test("[PL10] pages follow each other without a gap and without a repetition, newest first", async () => {
    const { log, close } = openStore(folder.file());
    fill(log, 25);
    const pages = await pagesOf(log, { limit: 10 });
    expect(pages.map((page) => page.length)).toEqual([10, 10, 5]);
    expect(pages.flat()).toEqual(Array.from({ length: 25 }, (_, n) => `c${24 - n}`));
    close();
  });

  test("entries that come between two pages do not move the second", async () => {
    const { log, close } = openStore(folder.file());
    fill(log, 4);
    const first = await log.query({ limit: 2 });
    fill(log, 10, 4);
    const second = await log.query({ limit: 2, cursor: first.cursor });
    expect(second.entries.map(({ channel }) => channel)).toEqual(["c1", "c0"]);
    expect(second.cursor).toBeUndefined();
    close();
  });

  test("a page has 100 entries unless told, and 1,000 at the most", async () => {
    const { log, close } = openStore(folder.file());
    fill(log, 1_200);
    for (const [limit, length] of [
      [undefined, 100],
      [1_000, 1_000],
      [5_000, 1_000],
      [1, 1],
      [-3, 1],
      [Number.NaN, 100],
    ] as const) {
      expect((await log.query({ limit })).entries).toHaveLength(length);
    }
    close();
  });

  test("a cursor that is none finds nothing", async () => {
    const { log, close } = openStore(folder.file());
    fill(log, 3);
    for (const cursor of ["", "-1", "1; DROP TABLE log", "é", "z".repeat(40)]) {
      expect(cursorPattern.test(cursor)).toBe(false);
      expect(await log.query({ cursor })).toEqual({ entries: [] });
    }
    expect((await log.query({ cursor: "zzzzzzzzzz" })).entries).toHaveLength(3);
    close();
  });

  test("[PL14] every filter holds, alone and together", async () => {
    const { log, close } = openStore(folder.file(), {}, new ManualClock(10_000));
    log.record(entryOf("a", { time: 1_000, key: "", outcome: "102" }));
    log.record(entryOf("b", { time: 2_000, user: "ann", method: "subscribe" }));
    log.record(entryOf("a", { time: 3_000, user: "bob", method: "subscribe" }));
    const times = async (filter: PublishLogFilter) => (await log.query(filter)).entries.map(({ time }) => time / 1_000);
    expect(await times({ channel: "a" })).toEqual([3, 1]);
    expect(await times({ user: "ann" })).toEqual([2]);
    expect(await times({ method: "subscribe" })).toEqual([3, 2]);
    expect(await times({ key: "" })).toEqual([1]);
    expect(await times({ outcome: "102" })).toEqual([1]);
    expect(await times({ since: 2_000 })).toEqual([3, 2]);
    expect(await times({ until: 2_000 })).toEqual([2, 1]);
    expect(await times({ since: 2_000, until: 2_000 })).toEqual([2]);
    expect(await times({ channel: "a", method: "subscribe", user: "bob" })).toEqual([3]);
    expect(await times({ channel: "a", user: "ann" })).toEqual([]);
    close();
  });

  test("a name over 1,024 characters is cut in the log, and is found by the whole of it", async () => {
    const { log, close } = openStore(folder.file());
    const long = "n".repeat(5_000);
    log.record(entryOf(long, { user: long, client: long, key: long, idempotency_key: long }));
    const { entries } = await log.query({ channel: long, user: long, key: long });
    const cut = long.slice(0, 1_024);
    expect(entries).toMatchObject([{ channel: cut, user: cut, client: cut, key: cut, idempotency_key: cut }]);
    expect((await log.query({ channel: "n".repeat(1_023) })).entries).toEqual([]);
    close();
  });

  test("what looks like SQL is text, as is every other character (T79)", async () => {
    const { log, close } = openStore(folder.file());
    const odd = [
      "'; DROP TABLE log; --",
      '" OR 1=1',
      "%",
      "_",
      "*",
      "a\0b",
      "\ud800",
      "\udfff",
      "\0",
      "",
      "?1",
      "é\n\u001b[2J",
    ];
    for (const channel of odd) log.record(entryOf(channel, { user: channel, key: channel, idempotency_key: channel }));
    for (const channel of odd) {
      const { entries } = await log.query({ channel, user: channel, key: channel });
      expect(entries.map(({ channel, idempotency_key }) => [channel, idempotency_key])).toEqual([[channel, channel]]);
    }
    for (const text of odd) expect((await log.query({ method: text, outcome: text })).entries).toEqual([]);
    expect(await channelsOf(log)).toEqual(odd.toReversed());
    close();
  });

  test("what is rare is found in a long log, slice by slice", async () => {
    const clock = new ManualClock();
    const { log, turns, close } = openStore(folder.file(), {}, clock);
    const now = clock.wall();
    log.record(entryOf("rare", { time: now }));
    fill(log, 45_000);
    clock.advance(9);
    log.record(entryOf("rare", { time: clock.wall() }));
    log.flush();
    const before = turns();
    expect((await log.query({ channel: "rare" })).entries.map(({ time }) => time - now)).toEqual([9, 0]);
    // Three slices are looked at, with a turn of the event loop between each and the next.
    expect(turns() - before).toBe(2);
    expect(await pagesOf(log, { channel: "rare", limit: 1 })).toEqual([["rare"], ["rare"]]);
    expect(await channelsOf(log, { channel: "rare", since: now })).toHaveLength(2);
    // The last of one slice, and the first of the next.
    for (const channel of ["c25001", "c25000"]) expect(await channelsOf(log, { channel })).toEqual([channel]);
    const later = turns();
    expect(await channelsOf(log, { channel: "rare", since: now + 1 })).toHaveLength(1);
    // The second slice is too old, and so is all before it.
    expect(turns() - later).toBe(1);
    close();
  });

  test("[PL20] there are never more entries than the size of the log", async () => {
    const { log, close } = openStore(folder.file(), { log: { size: 700 } });
    fill(log, 2_000);
    expect(await channelsOf(log)).toEqual(Array.from({ length: 700 }, (_, n) => `c${1_999 - n}`));
    log.record(entryOf("one more"));
    const after = await channelsOf(log);
    expect([after.length, after.at(0), after.at(-1)]).toEqual([700, "one more", "c1301"]);
    close();
  });

  test("entries go when their time is over, a thousand at a time, also where nobody adds", async () => {
    const clock = new ManualClock();
    const { log, sweep, close } = openStore(folder.file(), { log: { retention: 60_000 } }, clock);
    for (let n = 0; n < 1_500; n++) log.record(entryOf("old", { time: clock.wall() }));
    clock.advance(30_000);
    log.record(entryOf("new", { time: clock.wall() }));
    log.flush();
    clock.advance(30_001);
    const left = async () => (await pagesOf(log, { limit: 1_000 })).flat();
    sweep();
    expect(await left()).toHaveLength(501);
    sweep();
    expect(await left()).toEqual(["new"]);
    clock.advance(30_000);
    sweep();
    expect(await left()).toEqual([]);
    close();
  });

  test("a smaller size holds after a restart, and is reached piece by piece", async () => {
    const path = folder.file();
    const before = openStore(path);
    fill(before.log, 2_500);
    before.close();
    const { log, sweep, close } = openStore(path, { log: { size: 10 } });
    for (let n = 0; n < 3; n++) sweep();
    expect(await channelsOf(log)).toEqual(Array.from({ length: 10 }, (_, n) => `c${2_499 - n}`));
    close();
  });

  test("[PL23] what was recorded is there after a restart, and nothing is recorded after the close", async () => {
    const path = folder.file();
    const before = openStore(path);
    fill(before.log, 3);
    before.close();
    before.runTasks();
    before.log.record(entryOf("late"));
    expect(before.tasks).toEqual([]);
    expect(await before.log.query()).toEqual({ entries: [] });
    const after = openStore(path);
    expect(await channelsOf(after.log)).toEqual(["c2", "c1", "c0"]);
    after.close();
  });
});
