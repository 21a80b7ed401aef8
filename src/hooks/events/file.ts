import type { Database } from "bun:sqlite";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { ThrottledLog } from "../../core/throttled-log.ts";
import { DamageError, isDamage } from "../../sqlite/damage.ts";
import { checkPages, openDatabase } from "../../sqlite/database.ts";
import { HeldFile } from "../../sqlite/held-file.ts";
import type { FileLock } from "../../sqlite/lock.ts";
import { type Prepare, prepareAll } from "../../sqlite/statements.ts";

/** Counted up with every change of the tables; a file of a later one is not touched. */
const schemaVersion = 1;

/** `events`: what is not acknowledged. `lost`: how many were dropped and not told of. `run`: the id of the last run. */
const tables = [
  "CREATE TABLE events (id INTEGER PRIMARY KEY, route TEXT NOT NULL, time INTEGER NOT NULL, event TEXT NOT NULL) STRICT",
  "CREATE INDEX events_by_route ON events (route, id)",
  "CREATE TABLE lost (route TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT",
  "CREATE TABLE run (id TEXT NOT NULL) STRICT",
];

/** A row of `events`. */
export interface EventRow {
  readonly id: number;
  readonly event: string;
}

function statementsOf(make: Prepare) {
  return {
    insert: make<never, [route: string, time: number, event: string]>("INSERT INTO events VALUES (NULL, ?, ?, ?)"),
    counts: make<{ route: string; n: number }, []>("SELECT route, count(*) AS n FROM events GROUP BY route"),
    first: make<EventRow, [route: string, limit: number]>(
      "SELECT id, event FROM events WHERE route = ? ORDER BY id LIMIT ?",
    ),
    remove: make<never, [route: string, last: number]>("DELETE FROM events WHERE route = ? AND id <= ?"),
    oldest: make<{ route: string; n: number }, [limit: number]>(
      "SELECT route, count(*) AS n FROM (SELECT route FROM events ORDER BY id LIMIT ?) GROUP BY route",
    ),
    removeOldest: make<never, [limit: number]>(
      "DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT ?)",
    ),
    oldestTime: make<{ time: number }, []>("SELECT time FROM events ORDER BY id LIMIT 1"),
    old: make<{ route: string; n: number }, [time: number]>(
      "SELECT route, count(*) AS n FROM events WHERE time < ? GROUP BY route",
    ),
    removeOld: make<never, [time: number]>("DELETE FROM events WHERE time < ?"),
    lost: make<{ count: number }, [route: string]>("SELECT count FROM lost WHERE route = ?"),
    addLost: make<never, [route: string, count: number]>(
      "INSERT INTO lost VALUES (?1, ?2) ON CONFLICT (route) DO UPDATE SET count = count + ?2",
    ),
    run: make<{ id: string }, []>("SELECT id FROM run"),
    forgetRun: make<never, []>("DELETE FROM run"),
    noteRun: make<never, [id: string]>("INSERT INTO run VALUES (?)"),
  };
}

function openFile(path: string, lock: FileLock) {
  const db = openDatabase({ path, synchronous: "normal" }, lock);
  try {
    if (hasTables(db)) checkPages(db, path);
    else createTables(db);
    return { db, statements: prepareAll(db, statementsOf) };
  } catch (error) {
    db.close();
    throw error;
  }
}

function hasTables(db: Database): boolean {
  const version = db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
  const found = db.query<{ sql: string }, []>("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").all();
  if (version === 0 && found.length === 0) return false;
  if (version > schemaVersion) throw new Error(`it was written by a later version of Chorus (schema ${version})`);
  const sql = new Set(found.map((row) => row.sql));
  if (tables.every((table) => sql.has(table))) return true;
  throw new DamageError("its tables are not as written");
}

function createTables(db: Database): void {
  db.transaction(() => {
    for (const table of tables) db.run(table);
    db.run(`PRAGMA user_version = ${schemaVersion}`);
  })();
}

type Opened = ReturnType<typeof openFile>;
export type EventStatements = Opened["statements"];

/** The file of the outbox. What is committed survives the end of the process, also a kill. */
export class OutboxFile {
  readonly #file: HeldFile<Opened>;
  readonly #failures: ThrottledLog;

  /**
   * Sets a damaged file aside, of which `replaced` is told. Throws where none can be had: another process has it, a later
   * version wrote it.
   */
  constructor(path: string, { clock, log }: { readonly clock: Clock; readonly log: Log }, replaced: () => void) {
    this.#failures = new ThrottledLog("events.file_failed", { clock, log });
    this.#file = new HeldFile(path, {
      clock,
      open: (lock) => openFile(path, lock),
      close: ({ db, statements }) => {
        statements.finalize();
        db.close();
      },
      setAside: (keptAs, reason) => {
        log.error("events.file_damaged", { path, kept_as: keptAs, reason: String(reason) });
        replaced();
      },
      failed: (_, error) => this.#failures.add({ path, error: String(error) }),
    });
  }

  /** Does the work in one transaction; null where the file fails, of which the log has a line. */
  transact<Result>(work: (statements: EventStatements) => Result): Result | null {
    try {
      return this.#transact(work);
    } catch (error) {
      this.#failures.add({ error: String(error) });
      if (isDamage(error)) this.#file.replace(error);
      return null;
    }
  }

  close(): void {
    this.#file.close();
  }

  #transact<Result>(work: (statements: EventStatements) => Result): Result {
    if (!this.#file.isOpen) this.#file.reopen();
    const { db, statements } = this.#file.use();
    statements.begin.run();
    try {
      const result = work(statements);
      statements.commit.run();
      return result;
    } catch (error) {
      if (db.inTransaction) statements.rollback.run();
      throw error;
    }
  }
}
