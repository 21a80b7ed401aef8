import type { Database } from "bun:sqlite";
import { openOrReplace, renameDamaged, type SqliteFileOptions } from "../broker/local/sqlite/database.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { isDamage, reopenIntervalMs, replaceIntervalMs } from "../sqlite/damage.ts";
import { closeOpened, type Opened, openWhole } from "./open.ts";
import type { Statements } from "./statements.ts";
import { Complaints } from "./throttled-log.ts";

/** What the file needs of its process. */
export interface MessageFileParts {
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The database of the push log and the queue. A write survives the end of the process, also a kill; with `synchronous`
 * normal the last ones may be lost, and the last deletions undone, where the machine loses its power.
 */
export class MessageFile {
  readonly #options: SqliteFileOptions;
  readonly #parts: MessageFileParts;
  readonly #failures: Complaints;
  #opened: Opened | null;
  #closed = false;
  #replacedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;

  /** Sets a damaged file aside. Throws where none can be had: another process has it, a later version wrote it. */
  constructor(options: SqliteFileOptions, parts: MessageFileParts) {
    this.#options = options;
    this.#parts = parts;
    this.#failures = new Complaints("push.file_failed", parts);
    this.#opened = this.#openOrReplace();
  }

  /** How often the file failed to do what it was asked. */
  get failures(): number {
    return this.#failures.count;
  }

  /**
   * Does the work, in a transaction unless it only reads; `otherwise` where the file fails. Never throws. Damage that is
   * found sets the file aside, and the work is done in the new one.
   */
  attempt<Result>(
    work: (statements: Statements) => Result,
    otherwise: Result,
    kind: "write" | "read" = "write",
  ): Result {
    if (this.#closed) return otherwise;
    try {
      return this.#do(work, kind);
    } catch (error) {
      if (!isDamage(error) || !this.#replace(error)) return this.#failed(error, otherwise);
    }
    try {
      return this.#do(work, kind);
    } catch (error) {
      return this.#failed(error, otherwise);
    }
  }

  /** Tells a row that is not as written, of which nothing is used. */
  damagedRow(table: string): void {
    this.#failed(new Error(`a row of ${table} is not as written`), null);
  }

  close(): void {
    this.#closed = true;
    this.#release();
  }

  #do<Result>(work: (statements: Statements) => Result, kind: "write" | "read"): Result {
    const { db, statements } = this.#use();
    if (kind === "read") return work(statements);
    statements.begin.run();
    try {
      const result = work(statements);
      statements.commit.run();
      return result;
    } catch (error) {
      this.#rollback(db, statements);
      throw error;
    }
  }

  /** Some errors roll back by themselves; where it cannot be done, the file is opened again. */
  #rollback(db: Database, statements: Statements): void {
    try {
      if (db.inTransaction) statements.rollback.run();
    } catch {
      this.#release();
    }
  }

  #use(): Opened {
    if (this.#opened !== null) return this.#opened;
    const now = this.#parts.clock.monotonic();
    if (now - this.#triedAt < reopenIntervalMs) throw new Error("its file is not open");
    this.#triedAt = now;
    this.#opened = this.#openOrReplace();
    return this.#opened;
  }

  #openOrReplace(): Opened {
    return openOrReplace(
      this.#options.path,
      () => openWhole(this.#options),
      (reason) => this.#setAside(reason),
    );
  }

  #setAside(reason: unknown): void {
    const { path } = this.#options;
    const { clock, log } = this.#parts;
    this.#replacedAt = clock.monotonic();
    log.error("push.file_damaged", { path, kept_as: renameDamaged(path, clock.wall()), reason: String(reason) });
  }

  /** True where a new file is in the place of the damaged one. */
  #replace(reason: unknown): boolean {
    if (this.#parts.clock.monotonic() - this.#replacedAt < replaceIntervalMs) return false;
    this.#release();
    try {
      this.#setAside(reason);
      this.#opened = openWhole(this.#options);
      return true;
    } catch (error) {
      return this.#failed(error, false);
    }
  }

  #release(): void {
    if (this.#opened !== null) closeOpened(this.#opened);
    this.#opened = null;
  }

  #failed<Result>(error: unknown, otherwise: Result): Result {
    this.#failures.add({ path: this.#options.path, error: String(error) });
    return otherwise;
  }
}
