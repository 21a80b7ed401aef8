import { afterAll, describe, expect, test } from "bun:test";
import { MessageFile } from "../../src/messages/file.ts";
import { PublishLog } from "../../src/messages/publish-log.ts";
import { SqliteInbox } from "../../src/messages/sqlite-inbox.ts";
import type { Statements } from "../../src/messages/statements.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { ManualClock } from "../support/clock.ts";
import { entryOf, freshFolder, json, openStore, queueOf } from "./fixture.ts";

const folder = freshFolder();
afterAll(folder.remove);

const minute = 60_000;

/** A real file that can be made to fail once its work is done, before the commit, as a disk does. */
class FaultyFile extends MessageFile {
  failing = false;

  override attempt<Result>(
    work: (statements: Statements) => Result,
    otherwise: Result,
    kind: "write" | "read" = "write",
  ): Result {
    const faulty = (statements: Statements) => {
      const result = work(statements);
      if (this.failing) throw new Error("disk I/O error");
      return result;
    };
    return super.attempt(faulty, otherwise, kind);
  }
}

function faultyStore(messagesMax = 1_000) {
  const [clock, captured] = [new ManualClock(), new CapturedLog()];
  const file = new FaultyFile({ path: folder.file(), synchronous: "normal" }, { clock, log: captured.log });
  const tasks: (() => void)[] = [];
  const parts = { clock, log: captured.log, schedule: (task: () => void) => tasks.push(task) };
  const log = new PublishLog(file, { enabled: true, retention: minute, size: 100_000, payloads: true }, parts);
  const inbox = new SqliteInbox(file, { size: 100, ttl: minute, messagesMax }, clock);
  const runTasks = () => {
    for (const task of tasks.splice(0)) task();
  };
  return { clock, captured, file, log, inbox, queue: queueOf(inbox), tasks, runTasks };
}

const eventsOf = ({ lines }: CapturedLog) => lines.map(({ event }) => event);

describe("a file that fails", () => {
  test("[PL66] a full disk refuses messages, keeps what waits for the log, is told once a minute, and heals", async () => {
    const { queue, log, clock, captured, store } = openStore(folder.file(), { pagesMax: 60 });
    const put = () =>
      queue.put("ann", json("x".repeat(10_000)), {
        expiresAt: clock.wall() + 10 * minute,
        remember: { key: `k${kept}`, answer: "a" },
      });
    let kept = 0;
    while (put() === "kept") kept++;
    expect(kept).toBeGreaterThan(3);
    expect(put()).toBe("failed");
    // Neither is kept, as neither was acknowledged.
    expect(queue.recall(`k${kept}`)).toEqual({ state: "new" });
    for (let n = 0; n < 500; n++) log.record(entryOf("x".repeat(200)));
    log.flush();
    expect(eventsOf(captured)).toEqual(["push.file_failed"]);
    clock.advance(minute - 1);
    expect(queue.remember("long", "x".repeat(20_000))).toBe("failed");
    expect(eventsOf(captured)).toHaveLength(1);
    clock.advance(1);
    expect(put()).toBe("failed");
    expect(captured.lines.at(-1)?.["count"]).toBe(store.failures());
    expect(eventsOf(captured)).toHaveLength(2);
    expect(queue.take("ann")).toHaveLength(kept);
    expect((await log.query({ limit: 1_000 })).entries).toHaveLength(500);
    expect(put()).toBe("kept");
    store.close();
  });

  test("while the file fails entries wait up to a bound, over which they are counted as lost", async () => {
    const { log, file, captured, clock, runTasks, tasks } = faultyStore();
    file.failing = true;
    for (let n = 0; n < 10_100; n++) log.record(entryOf(`c${n}`));
    expect(log.lost).toBe(100);
    expect(eventsOf(captured).toSorted()).toEqual(["push.entries_lost", "push.file_failed"]);
    clock.advance(minute);
    log.record(entryOf("more"));
    expect(captured.lines.at(-1)).toMatchObject({ event: "push.entries_lost", count: 101 });
    runTasks();
    expect(log.lost).toBe(101);
    file.failing = false;
    while (tasks.length > 0) runTasks();
    log.record(entryOf("last"));
    const read = log.query({ limit: 1_000 });
    runTasks();
    const { entries } = await read;
    expect(entries.slice(0, 2).map(({ channel }) => channel)).toEqual(["last", "c9999"]);
    log.close();
    file.close();
  });

  test("the payloads of what waits are bounded too", () => {
    const { log, file } = faultyStore();
    const payload = JSON.stringify("x".repeat(65_534));
    for (const lost of [44, 88]) {
      file.failing = true;
      for (let n = 0; n < 300; n++) log.record(entryOf("c", { payload }));
      expect(log.lost).toBe(lost);
      file.failing = false;
      log.flush();
    }
    log.close();
    file.close();
  });

  test("while the file fails, nothing is taken and no key is called new", () => {
    const { queue, inbox, file, clock } = faultyStore();
    const expiresAt = clock.wall() + minute;
    queue.put("ann", json(1), { expiresAt });
    queue.remember("k", "answer");
    file.failing = true;
    expect(queue.take("ann")).toEqual([]);
    expect([queue.recall("k"), queue.recall("new")]).toEqual([{ state: "failed" }, { state: "failed" }]);
    expect(queue.put("ann", json(2), { expiresAt })).toBe("failed");
    expect(queue.remember("other", "answer")).toBe("failed");
    inbox.sweep();
    file.failing = false;
    expect(queue.recall("other")).toEqual({ state: "new" });
    expect(queue.take("ann")).toEqual([json(1)]);
    file.close();
  });

  test("[PL32] what a failure has undone still counts for the messages of all users", () => {
    const { queue, inbox, file, clock } = faultyStore(2);
    const put = (user: string) => queue.put(user, json(1), { expiresAt: clock.wall() + 1_000 });
    const failing = (work: () => unknown) => {
      file.failing = true;
      work();
      file.failing = false;
    };
    expect([put("ann"), put("ann"), put("bob")]).toEqual(["kept", "kept", "limit"]);
    // Both remove the messages of ann, and fail.
    clock.advance(1_000);
    failing(() => put("ann"));
    expect(put("bob")).toBe("limit");
    failing(() => inbox.sweep());
    expect(put("bob")).toBe("limit");
    inbox.sweep();
    expect([put("bob"), put("bob"), put("ann")]).toEqual(["kept", "kept", "limit"]);
    const attempt = file.attempt.bind(file);
    file.attempt = (work, otherwise, kind) => {
      file.failing = kind !== "read";
      return attempt(work, otherwise, kind);
    };
    expect(queue.take("bob")).toEqual([]);
    file.attempt = attempt;
    file.failing = false;
    expect(put("ann")).toBe("limit");
    file.close();
  });

  test("a removal that was not committed is not given, and is given later", () => {
    const { queue, file, clock } = faultyStore();
    queue.put("ann", json(1), { expiresAt: clock.wall() + minute });
    // The read that looks whether there is anything goes well, and the commit of the removal does not.
    let writes = 0;
    const attempt = file.attempt.bind(file);
    file.attempt = (work, otherwise, kind) => {
      if (kind !== "read") writes++;
      file.failing = kind !== "read" && writes === 1;
      return attempt(work, otherwise, kind);
    };
    expect(queue.take("ann")).toEqual([]);
    expect(queue.take("ann")).toEqual([json(1)]);
    expect(queue.take("ann")).toEqual([]);
    file.close();
  });
});
