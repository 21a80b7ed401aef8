import type { Database } from "bun:sqlite";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { ThrottledLog } from "../core/throttled-log.ts";
import { isDamage } from "../sqlite/damage.ts";
import type { SqliteFileOptions } from "../sqlite/database.ts";
import { HeldFile } from "../sqlite/held-file.ts";
import { closeOpened, type Opened, openWhole } from "./open.ts";
import type { Statements } from "./statements.ts";

/** What the file needs of its process. */
export interface MessageFileParts {
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The database of the publish log and the inbox. A write survives the end of the process, also a kill; with `synchronous`
 * normal the last ones may be lost, and the last deletions undone, where the machine loses its power.
 */
export class MessageFile {
  readonly #path: string;
  readonly #failures: ThrottledLog;
  readonly #file: HeldFile<Opened>;
  #closed = false;

  /** Sets a damaged file aside. Throws where none can be had: another process has it, a later version wrote it. */
  constructor(options: SqliteFileOptions, { clock, log }: MessageFileParts) {
    const { path } = options;
    this.#path = path;
    this.#failures = new ThrottledLog("push.file_failed", { clock, log });
    this.#file = new HeldFile(path, {
      clock,
      open: (lock) => openWhole(options, lock),
      close: closeOpened,
      setAside: (keptAs, reason) => log.error("push.file_damaged", { path, kept_as: keptAs, reason: String(reason) }),
      failed: (_, error) => this.#failed(error, null),
    });
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
      if (!isDamage(error) || !this.#file.replace(error)) return this.#failed(error, otherwise);
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
    this.#file.close();
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
      this.#file.release();
    }
  }

  #use(): Opened {
    if (!this.#file.isOpen) this.#file.reopen();
    return this.#file.use();
  }

  #failed<Result>(error: unknown, otherwise: Result): Result {
    this.#failures.add({ path: this.#path, error: String(error) });
    return otherwise;
  }
}
