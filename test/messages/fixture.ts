import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Payload } from "../../src/core/payload.ts";
import type { NewMessage } from "../../src/messages/inbox.ts";
import type { PublishLogEntry } from "../../src/messages/log-row.ts";
import type { SqliteInbox } from "../../src/messages/sqlite-inbox.ts";
import { createMessageStore, type MessageStoreOptions } from "../../src/messages/store.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { ManualClock } from "../support/clock.ts";

/** What is changed of the options of a test's store. */
interface Changes {
  readonly log?: Partial<MessageStoreOptions["log"]>;
  readonly inbox?: Partial<MessageStoreOptions["inbox"]>;
  readonly pagesMax?: number;
}

/** A task that waits for its time, with the delay that was asked for. */
interface Task {
  readonly run: () => void;
  readonly delay: number;
}

/** A store on a real file, with a clock that stands still and tasks that run when they are told to. */
export function openStore(path: string, changes: Changes = {}, clock = new ManualClock()) {
  const captured = new CapturedLog();
  const tasks: Task[] = [];
  const options = {
    ...changes,
    path,
    log: { enabled: true, retention: 604_800_000, size: 1_000_000, payloads: false, ...changes.log },
    inbox: { size: 100, ttl: 604_800_000, ...changes.inbox },
  };
  let turns = 0;
  // What waits for its time is held; what is only to wait for another turn waits for one.
  const schedule = (run: () => void, delay: number) => {
    if (delay === 0) {
      turns++;
      setImmediate(run);
    } else tasks.push({ run, delay });
  };
  const store = createMessageStore(options, { clock, log: captured.log, schedule });
  const runTasks = () => {
    for (const { run } of tasks.splice(0)) run();
  };
  return { ...store, queue: queueOf(store.inbox), store, clock, captured, tasks, runTasks, turns: () => turns };
}

/** An inbox as the queue of messages without a guarantee that it is too. */
export function queueOf(inbox: SqliteInbox) {
  const take = (user: string, bytesMax = Number.MAX_SAFE_INTEGER): readonly Payload[] =>
    (inbox.take({ user, device: "", after: 0, bytesMax }) ?? []).map(({ payload }) => payload);
  return {
    put: (user: string, payload: Payload, options: Pick<NewMessage, "expiresAt" | "remember">) =>
      inbox.append({ user, id: crypto.randomUUID(), payload, guarantee: null, ...options }),
    take,
    remember: (key: string, answer: string) => inbox.remember(key, answer),
    recall: (key: string) => inbox.recall(key),
  };
}

/** A folder of its own, and paths in it. */
export function freshFolder() {
  const path = mkdtempSync(join(tmpdir(), "chorus-push-"));
  let files = 0;
  return {
    path,
    file: () => join(path, `${++files}`, "push.db"),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** What is on the disk while the file is open, copied: what a kill would leave. The path of the copy. */
export function copyOf(path: string, copy: string): string {
  mkdirSync(dirname(copy), { recursive: true });
  for (const suffix of ["", "-wal"]) if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
  return copy;
}

/** An entry of a publish into the channel. */
export function entryOf(channel: string, rest: Partial<PublishLogEntry> = {}): PublishLogEntry {
  return {
    time: Date.UTC(2030, 0, 1),
    key: "main",
    method: "publish",
    channel,
    bytes: 2,
    queued: false,
    outcome: "ok",
    ...rest,
  };
}

export const json = (value: unknown) => ({ kind: "json", json: JSON.stringify(value) }) as const;
