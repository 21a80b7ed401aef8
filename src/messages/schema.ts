import type { Database } from "bun:sqlite";
import { DamageError } from "../sqlite/damage.ts";

/** Counted up with every change of the tables; a file of a later one is not touched. */
const schemaVersion = 1;

/**
 * `log`: one row a push, in the order in which they were recorded; without an index, because one by channel made a row
 * 17 times as expensive (27 us instead of 1.6 us, measured on Bun 1.4.5 with 500,000 rows). `messages`: what waits for
 * users who are away. `answers`: what was answered to an idempotency key.
 */
const tables = [
  "CREATE TABLE log (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, key TEXT NOT NULL, method TEXT NOT NULL, channel TEXT, channels INTEGER, user TEXT, client TEXT, bytes INTEGER NOT NULL, offset INTEGER, connections INTEGER, queued INTEGER NOT NULL, outcome TEXT NOT NULL, idempotency_key TEXT, payload TEXT) STRICT",
  "CREATE TABLE messages (id INTEGER PRIMARY KEY, user TEXT NOT NULL, kind TEXT NOT NULL, data BLOB NOT NULL, expires_at INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT",
  "CREATE INDEX messages_by_user ON messages (user)",
  "CREATE INDEX messages_by_expiry ON messages (expires_at)",
  "CREATE TABLE answers (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, answer TEXT NOT NULL, expires_at INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT",
];

/** True where the tables are there, false in an empty file. Throws where the file is not, or not any more, one of ours. */
export function hasTables(db: Database): boolean {
  const version = db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
  const found = db.query<{ sql: string }, []>("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").all();
  if (version === 0 && found.length === 0) return false;
  const sql = new Set(found.map((row) => row.sql));
  const asWritten = sql.size === tables.length && tables.every((table) => sql.has(table));
  if (asWritten && version === schemaVersion) return true;
  // A later version has other tables: with the ones of this version, it is the number that is damaged.
  if (!asWritten && version > schemaVersion) {
    throw new Error(`it was written by a later version of Chorus (schema ${version})`);
  }
  throw new DamageError("its tables are not as written");
}

/** Makes the tables, in a transaction of its own. */
export function createTables(db: Database): void {
  db.transaction(() => {
    for (const table of tables) db.run(table);
    db.run(`PRAGMA user_version = ${schemaVersion}`);
  })();
}
