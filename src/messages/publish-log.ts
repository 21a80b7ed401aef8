import * as v from "valibot";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { MaybePromise } from "../core/maybe-promise.ts";
import { ThrottledLog } from "../core/throttled-log.ts";
import type { MessageFile } from "./file.ts";
import { entryOf, type LoggedPush, logRow, type PublishLogEntry, parametersOf } from "./log-row.ts";
import { Pending } from "./pending.ts";
import { type Page, type PublishLogFilter, Search } from "./search.ts";
import type { Statements } from "./statements.ts";

/** Runs the task after as many milliseconds; 0: in a later turn of the event loop. */
export type Schedule = (task: () => void, delayMs: number) => void;

/** How much the log keeps. */
export interface PublishLogOptions {
  /** Whether pushes are recorded at all; what was recorded before can be read all the same. */
  readonly enabled: boolean;
  /** Milliseconds for which an entry is kept. */
  readonly retention: number;
  /** Entries kept at the most. */
  readonly size: number;
  readonly payloads: boolean;
}

/** What the log needs of its process. */
export interface PublishLogParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly schedule: Schedule;
}

/** One page, newest first; `cursor` where there is more. */
export interface PublishLogPage {
  readonly entries: readonly LoggedPush[];
  readonly cursor?: string;
  /** Where a page after each entry begins, where that was asked for. */
  readonly cursors?: readonly string[];
}

/** The reading of a publish log: a page, or null where it does not answer. */
export interface LogQueries {
  query(filter: PublishLogFilter): MaybePromise<PublishLogPage | null>;
}

/** The longest time for which an entry waits in memory. */
const delayMs = 200;
/** Entries written in one transaction: about 1 ms on Bun 1.4.5. */
const groupMax = 500;
/** Entries deleted at once: more than a group, so that a full log does not grow. */
const pruneMax = 1_000;

/** What became of each push. Nothing here throws: a push is not refused because it cannot be recorded. */
export class PublishLog {
  readonly #file: MessageFile;
  readonly #options: PublishLogOptions;
  readonly #clock: Clock;
  readonly #schedule: Schedule;
  readonly #pending = new Pending();
  /** In how many milliseconds the next group was to be written when that was arranged. */
  #dueIn = Number.POSITIVE_INFINITY;
  readonly #losses: ThrottledLog;
  #failing = false;
  #closed = false;

  constructor(file: MessageFile, options: PublishLogOptions, parts: PublishLogParts) {
    this.#file = file;
    this.#options = options;
    this.#clock = parts.clock;
    this.#schedule = parts.schedule;
    this.#losses = new ThrottledLog("push.entries_lost", parts);
  }

  /** Entries that could not be kept: too many waited for a disk that failed. */
  get lost(): number {
    return this.#losses.count;
  }

  /** Remembers the entry, which is written within 200 ms, with others. Lost where the process is killed before. */
  record(entry: PublishLogEntry): void {
    if (!this.#options.enabled || this.#closed) return;
    if (this.#pending.full && (this.#failing || !this.#writeGroup())) {
      this.#losses.add();
      return;
    }
    const isKept = this.#options.payloads || entry.payload === undefined;
    this.#pending.add(isKept ? entry : { ...entry, payload: undefined });
    this.#wake(this.#pending.length < groupMax ? delayMs : 0);
  }

  /** Writes all that waits, now. */
  flush(): void {
    while (this.#pending.length > 0) {
      if (!this.#writeGroup()) return;
    }
  }

  /** Writes all that waits, and records nothing any more. */
  close(): void {
    this.flush();
    this.#closed = true;
    this.#pending.clear();
  }

  /** Deletes a few entries that are too old or too many; to be called now and then, for a log without new entries. */
  sweep(): void {
    this.#file.attempt((statements) => this.#prune(statements), undefined);
  }

  /**
   * A page of what was recorded, newest first. It looks at a slice of the log in each turn of the event loop, because a
   * log of a million entries is searched through in about 0.1 s. A cursor that is none finds nothing.
   */
  async query(filter: PublishLogFilter = {}): Promise<PublishLogPage> {
    this.flush();
    const search = new Search(filter, (read) => this.#file.attempt(read, null, "read"));
    while (!search.over()) await new Promise<void>((resolve) => this.#schedule(resolve, 0));
    return this.#pageOf(search.page(), filter.withCursors === true);
  }

  #pageOf({ rows, cursor }: Page, withCursors: boolean): PublishLogPage {
    const entries: LoggedPush[] = [];
    const cursors: string[] = [];
    for (const row of rows) {
      const parsed = v.safeParse(logRow, row);
      if (!parsed.success) {
        this.#file.damagedRow("log");
        continue;
      }
      entries.push(entryOf(parsed.output));
      cursors.push(parsed.output.id.toString(36));
    }
    return { entries, ...(cursor !== null && { cursor }), ...(withCursors && { cursors }) };
  }

  #wake(delay: number): void {
    if (delay >= this.#dueIn) return;
    this.#dueIn = delay;
    this.#schedule(() => {
      this.#dueIn = Number.POSITIVE_INFINITY;
      if (this.#pending.length === 0) return;
      const written = this.#writeGroup();
      if (this.#pending.length > 0) this.#wake(written ? 0 : delayMs);
    }, delay);
  }

  /** False where the file failed, and the group waits for the next time. */
  #writeGroup(): boolean {
    const group = this.#pending.first(groupMax);
    const written = this.#file.attempt((statements) => {
      for (const entry of group) statements.insertEntry.run(...parametersOf(entry));
      this.#prune(statements);
      return true;
    }, false);
    this.#failing = !written;
    if (written) this.#pending.remove(group);
    return written;
  }

  /** Ids have no gaps, for entries go only from the front: the highest and the lowest give their number. */
  #prune({ firstEntry, lastEntry, deleteEntries, deleteOldEntries }: Statements): void {
    const first = firstEntry.get();
    const last = lastEntry.get();
    if (first === null || last === null) return;
    const upTo = first.id + pruneMax - 1;
    const tooMany = last.id - this.#options.size;
    if (tooMany >= first.id) deleteEntries.run(Math.min(tooMany, upTo));
    const tooOld = this.#clock.wall() - this.#options.retention;
    if (first.time < tooOld) deleteOldEntries.run(upTo, tooOld);
  }
}
