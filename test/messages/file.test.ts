import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { payloadToJson } from "../../src/core/payload.ts";
import { MessageFile } from "../../src/messages/file.ts";
import { DamageError } from "../../src/sqlite/damage.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { ManualClock } from "../support/clock.ts";
import { SeededRandom } from "../support/random.ts";
import { copyOf, entryOf, freshFolder, json, openStore } from "./fixture.ts";

const folder = freshFolder();
afterAll(folder.remove);

const minute = 60_000;

/** Changes a closed file from outside. */
function change(path: string, ...sql: string[]): void {
  const db = new Database(path);
  for (const one of sql) db.run(one);
  db.close();
}

/** A closed file with messages, answers and entries of users u0 to u4. */
function written(path: string) {
  const { queue, log, clock, close } = openStore(path);
  for (let n = 0; n < 100; n++) {
    const user = `u${n % 5}`;
    queue.put(user, json(`${user} ${"x".repeat((n * 37) % 600)}`), { expiresAt: clock.wall() + minute });
    queue.remember(`k${n}`, `answer to k${n}`);
    log.record(entryOf(`c${n}`));
  }
  log.flush();
  const crashed = copyOf(path, folder.file());
  close();
  return { closed: path, crashed };
}

/** Asks a harmed file for everything: what it gives is what was put. */
async function examine(path: string): Promise<void> {
  const { queue, log, close } = openStore(path);
  for (const user of ["u0", "u1", "u2", "u3", "u4"]) {
    for (const payload of queue.take(user)) expect(payloadToJson(payload)).toMatch(new RegExp(`^"${user} x*"$`));
  }
  for (let key = 0; key < 100; key++) {
    const recalled = queue.recall(`k${key}`);
    if (recalled.state === "answered") expect(recalled.answer).toBe(`answer to k${key}`);
  }
  expect((await log.query()).entries.length).toBeLessThanOrEqual(100);
  close();
}

describe("the file", () => {
  test("[PL60] a file that is no database is set aside with a line in the log, and a new one begins (F07)", () => {
    const path = folder.file();
    mkdirSync(dirname(path));
    writeFileSync(path, "not a database at all, ".repeat(100));
    const { queue, clock, captured, close } = openStore(path);
    expect(captured.lines.map(({ event }) => event)).toEqual(["push.file_damaged"]);
    const kept = readdirSync(dirname(path)).filter((name) => name.includes(".damaged-"));
    expect(kept).toHaveLength(1);
    expect(queue.put("ann", json(1), { expiresAt: clock.wall() + minute })).toBe("kept");
    close();
  });

  for (const suffix of ["", "-wal"] as const) {
    test(`a byte flipped anywhere in push.db${suffix} makes no message that was not put, and no exception (F07)`, async () => {
      const random = new SeededRandom();
      const { closed, crashed } = written(folder.file());
      const source = suffix === "" ? closed : crashed;
      const size = readFileSync(source + suffix).length;
      for (let n = 0; n < 100; n++) {
        const path = copyOf(source, folder.file());
        const bytes = readFileSync(path + suffix);
        const place = random.int(n % 2 === 0 ? size : Math.min(size, 512));
        bytes[place] = (bytes[place] ?? 0) ^ (1 << random.int(8));
        writeFileSync(path + suffix, bytes);
        await examine(path);
      }
    }, 30_000);
  }

  test("a damaged page is found when the file is opened (F07)", () => {
    const path = folder.file();
    written(path);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xff, bytes.length - 4_096));
    const { captured, close } = openStore(path);
    expect(captured.lines.map(({ event }) => event)).toEqual(["push.file_damaged"]);
    close();
  });

  test("a row that is not as written is left out and told", async () => {
    const path = folder.file();
    written(path);
    change(
      path,
      "UPDATE messages SET data = CAST('\"u1 y\"' AS BLOB) WHERE user = 'u1' AND id <= (SELECT id FROM messages ORDER BY id LIMIT 1 OFFSET 18)",
      "UPDATE messages SET user = 'u3' WHERE user = 'u2'",
      "UPDATE answers SET answer = 'answer to k2' WHERE key = 'k1'",
      "UPDATE log SET queued = 7 WHERE channel = 'c98'",
    );
    const { queue, log, captured, store, close } = openStore(path);
    expect(queue.take("u1")).toHaveLength(16);
    expect(queue.take("u2")).toHaveLength(0);
    expect(queue.take("u3")).toHaveLength(20);
    expect(queue.recall("k1")).toEqual({ state: "new" });
    expect((await log.query({ limit: 2 })).entries.map(({ channel }) => channel)).toEqual(["c99"]);
    expect(store.failures()).toBe(4 + 20 + 1 + 1);
    // The first one is told at once, and the others count for the line of the next minute.
    expect(captured.lines.map(({ event }) => event)).toEqual(["push.file_failed"]);
    close();
  });

  test("damage found in a running process sets the file aside, at most once in ten seconds", () => {
    const path = folder.file();
    const [clock, captured] = [new ManualClock(), new CapturedLog()];
    const file = new MessageFile({ path, synchronous: "normal" }, { clock, log: captured.log });
    const count = () => file.attempt(({ messageCount }) => messageCount.get()?.n, -1);
    const put = () =>
      file.attempt(({ insertMessage }) => {
        insertMessage.run(1, "ann", "1", "", "", 1, "json", new Uint8Array(1), 1);
      }, undefined);
    const find = (times: number) => {
      let left = times;
      return file.attempt((statements) => {
        left--;
        if (left >= 0) throw new DamageError("found");
        return statements.messageCount.get()?.n;
      }, -1);
    };
    const aside = () => readdirSync(dirname(path)).filter((name) => /damaged-[^.]*\.\d+Z$/.test(name)).length;
    put();
    expect(count()).toBe(1);
    // Found once, the work is done in the new file, which is empty.
    expect(find(1)).toBe(0);
    put();
    expect([aside(), find(1), count()]).toEqual([1, -1, 1]);
    clock.advance(10_000);
    expect([find(2), aside(), count()]).toEqual([-1, 2, 0]);
    expect(captured.lines.map(({ event }) => event)).toEqual([
      "push.file_damaged",
      "push.file_failed",
      "push.file_damaged",
    ]);
    file.close();
    expect(count()).toBe(-1);
  });

  test("[PL64] a file of a later version is not touched; a number alone that is later is damage", () => {
    const later = folder.file();
    written(later);
    change(later, "CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT", "PRAGMA user_version = 3");
    const before = readFileSync(later);
    expect(() => openStore(later)).toThrow(`${later} cannot be opened: it was written by a later version`);
    expect(readFileSync(later).equals(before)).toBe(true);
    for (const sql of [
      "PRAGMA user_version = 3",
      "PRAGMA user_version = 0",
      "DROP TABLE log",
      "DROP INDEX messages_by_user",
    ]) {
      const path = folder.file();
      written(path);
      change(path, sql);
      const { captured, close } = openStore(path);
      expect(captured.lines.map(({ event }) => event)).toEqual(["push.file_damaged"]);
      close();
    }
  });

  test("[BK144] a file of schema 1 opens with its messages, before those of today, its answers and its log", async () => {
    const path = folder.file();
    mkdirSync(dirname(path));
    copyFileSync(join(import.meta.dir, "../broker/older-folder/push.db"), path);
    for (const names of [["", "new"], ["new"]]) {
      const { inbox, log, clock, captured, close } = openStore(path);
      const message = { user: "ann", id: "new", payload: json(1), expiresAt: clock.wall() + minute };
      if (names.length === 2) inbox.append({ ...message, guarantee: { until: "delivered", per: "user" } });
      const taken = inbox.take({ user: "ann", device: "", after: 0, bytesMax: 1_000 });
      expect(taken?.map(({ id }) => id)).toEqual(names);
      expect((await log.query()).entries).toMatchObject([{ channel: "logged", payload: "1" }]);
      expect(inbox.recall("BUBb7ZHrGUGfMM8AueCJBwEW3x-PHec4g5OeX91SzFA").state).toBe("answered");
      expect(captured.lines).toEqual([]);
      close();
    }
  });

  test("[PL65] a file is open once, and a path that cannot be a file is refused by name", () => {
    const path = folder.file();
    const { queue, clock, close } = openStore(path);
    expect(() => openStore(path)).toThrow(`${path} cannot be opened: it is in use by this process`);
    expect(queue.put("ann", json(1), { expiresAt: clock.wall() + minute })).toBe("kept");
    close();
    expect(() => openStore(folder.path)).toThrow(`${folder.path} cannot be opened`);
    expect(existsSync(path)).toBe(true);
  });
});
