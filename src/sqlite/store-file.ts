import type { Database } from "bun:sqlite";
import type { Clock } from "../core/clock.ts";
import type { ThrottledLog } from "../core/throttled-log.ts";
import { isDamage } from "./damage.ts";
import { openDatabase, type SqliteFileOptions } from "./database.ts";
import { HeldFile } from "./held-file.ts";
import type { FileLock } from "./lock.ts";
import { type Prepare, type Prepared, prepareAll } from "./statements.ts";

/** What a store keeps in its file, and where it reports its faults. */
export interface StoreFileParts<Own> {
  readonly clock: Clock;
  /** Counts and logs each failure of the file. */
  readonly failures: ThrottledLog;
  /** Checks the tables, or makes them in an empty file. Throws DamageError where they are not as written. */
  prepareTables(db: Database): void;
  statements(prepare: Prepare): Own;
  /** The damaged file was renamed, with all that belongs to it. */
  setAside(keptAs: string, reason: unknown): void;
}

/** An open database and its statements. */
interface Opened<Own> {
  readonly db: Database;
  readonly statements: Prepared<Own>;
}

/** The file of a store that works in transactions. None of its methods throws. */
export class StoreFile<Own> {
  readonly #path: string;
  readonly #failures: ThrottledLog;
  readonly #file: HeldFile<Opened<Own>>;
  #closed = false;

  /** Sets a damaged file aside. Throws where none can be had: another process has it, a later version wrote it. */
  constructor(options: SqliteFileOptions, parts: StoreFileParts<Own>) {
    this.#path = options.path;
    this.#failures = parts.failures;
    this.#file = new HeldFile(options.path, {
      clock: parts.clock,
      open: (lock) => open(options, lock, parts),
      close: ({ db, statements }) => {
        statements.finalize();
        db.close();
      },
      setAside: (keptAs, reason) => parts.setAside(keptAs, reason),
      failed: (_, error) => this.failed(error),
    });
  }

  /** How often the file failed. */
  get failures(): number {
    return this.#failures.count;
  }

  /**
   * Does the work, in a transaction unless it only reads; `otherwise` where the file fails. Damage that is found sets the
   * file aside, and the work is done in the new one.
   */
  attempt<Result>(
    work: (statements: Prepared<Own>) => Result,
    otherwise: Result,
    kind: "write" | "read" = "write",
  ): Result {
    if (this.#closed) return otherwise;
    try {
      try {
        return this.#do(work, kind);
      } catch (error) {
        if (!isDamage(error) || !this.#file.replace(error)) throw error;
        return this.#do(work, kind);
      }
    } catch (error) {
      this.failed(error);
      return otherwise;
    }
  }

  /** Counts and logs a failure. */
  failed(error: unknown): void {
    this.#failures.add({ path: this.#path, error: String(error) });
  }

  close(): void {
    this.#closed = true;
    this.#file.close();
  }

  #do<Result>(work: (statements: Prepared<Own>) => Result, kind: "write" | "read"): Result {
    if (!this.#file.isOpen) this.#file.reopen();
    const { db, statements } = this.#file.use();
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
  #rollback(db: Database, statements: Prepared<Own>): void {
    try {
      if (db.inTransaction) statements.rollback.run();
    } catch {
      this.#file.release();
    }
  }
}

function open<Own>(options: SqliteFileOptions, lock: FileLock, parts: StoreFileParts<Own>): Opened<Own> {
  const db = openDatabase(options, lock);
  try {
    parts.prepareTables(db);
    return { db, statements: prepareAll(db, (prepare) => parts.statements(prepare)) };
  } catch (error) {
    db.close();
    throw error;
  }
}
