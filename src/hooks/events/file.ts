import type { Database } from "bun:sqlite";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { ThrottledLog } from "../../core/throttled-log.ts";
import { DamageError } from "../../sqlite/damage.ts";
import { checkPages } from "../../sqlite/database.ts";
import { createTables, readSchema } from "../../sqlite/schema.ts";
import type { Prepare, Prepared } from "../../sqlite/statements.ts";
import { StoreFile } from "../../sqlite/store-file.ts";

/** Counted up with every change of the tables; a file of a later one is not touched. */
const schemaVersion = 1;

/** `events`: what is not acknowledged. `lost`: how many were dropped and not reported. `run`: the id of the last run. */
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

function prepareTables(db: Database, path: string): void {
  const schema = readSchema(db);
  if (schema === null) {
    createTables(db, { version: schemaVersion, tables });
    return;
  }
  const { version } = schema;
  if (version > schemaVersion) throw new Error(`it was written by a later version of Chorus (schema ${version})`);
  if (!tables.every((table) => schema.tables.has(table))) throw new DamageError("its tables are not as written");
  checkPages(db, path);
}

export type EventStatements = Prepared<ReturnType<typeof statementsOf>>;

/**
 * The file of the outbox. What is committed survives the end of the process, also a kill. `replaced` is called where a
 * damaged file was set aside.
 */
export function openOutboxFile(
  path: string,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  replaced: () => void,
) {
  return new StoreFile(
    { path, synchronous: "normal" },
    {
      clock,
      failures: new ThrottledLog("events.file_failed", { clock, log }),
      prepareTables: (db) => prepareTables(db, path),
      statements: statementsOf,
      setAside: (keptAs, reason) => {
        log.error("events.file_damaged", { path, kept_as: keptAs, reason: String(reason) });
        replaced();
      },
    },
  );
}
