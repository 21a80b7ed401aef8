import type { Database } from "bun:sqlite";
import { DamageError } from "../../../sqlite/damage.ts";
import { createTables, readSchema } from "../../../sqlite/schema.ts";

/** Counted up with every change of the tables; a file of a later one is not touched. */
const schemaVersion = 1;

/** Never changes: by it a later version is known for what it is. */
const aboutTable =
  "CREATE TABLE about (id INTEGER PRIMARY KEY, schema INTEGER NOT NULL, file TEXT NOT NULL, commits INTEGER NOT NULL, at INTEGER NOT NULL) STRICT";

/**
 * `streams`: one row a channel. `publications`: clustered by stream and offset, so that a page of history is one read.
 * `orphans`: publications whose stream is forgotten, to be deleted piece by piece. `idempotency_keys`: a log, read once.
 */
const tables = [
  aboutTable,
  "CREATE TABLE streams (id INTEGER PRIMARY KEY, channel TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL, top INTEGER NOT NULL, first INTEGER NOT NULL, oldest INTEGER NOT NULL, version INTEGER NOT NULL, version_epoch TEXT NOT NULL, expires_at INTEGER NOT NULL, forget_at INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT",
  "CREATE TABLE publications (stream INTEGER NOT NULL, offset INTEGER NOT NULL, data TEXT NOT NULL, tags TEXT, user TEXT, client TEXT, conn_info TEXT, chan_info TEXT, crc INTEGER NOT NULL, PRIMARY KEY (stream, offset)) STRICT, WITHOUT ROWID",
  "CREATE TABLE orphans (stream INTEGER PRIMARY KEY, oldest INTEGER NOT NULL, top INTEGER NOT NULL) STRICT",
  "CREATE TABLE idempotency_keys (id INTEGER PRIMARY KEY, channel TEXT NOT NULL, key TEXT NOT NULL, offset INTEGER NOT NULL, epoch TEXT NOT NULL, expires_at INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT",
];

/** What a file says of itself. */
export interface About {
  readonly schema: number;
  /** Eight letters that no other file has. */
  readonly file: string;
  /** Transactions committed to it. */
  readonly commits: number;
  /** When the last one was, in milliseconds since 1970. */
  readonly at: number;
}

/** What is in the database; null where there is nothing yet. Throws where it is not, or not any more, one of ours. */
export function readAbout(db: Database): About | null {
  const written = readSchema(db);
  if (written === null) return null;
  const { version, tables: sql } = written;
  const about = sql.has(aboutTable) ? aboutRow(db) : null;
  if (version < schemaVersion || about?.schema !== version) throw new DamageError("its version is not as written");
  if (version > schemaVersion) throw new Error(`it was written by a later version of Chorus (schema ${version})`);
  const asWritten = sql.size === tables.length && tables.every((table) => sql.has(table));
  if (!asWritten) throw new DamageError("its tables are not as written");
  return about;
}

/** Makes the tables, in a transaction of its own. */
export function createStore(db: Database, file: string): About {
  db.transaction(() => {
    createTables(db, { version: schemaVersion, tables });
    db.run("INSERT INTO about VALUES (1, ?, ?, 0, 0)", [schemaVersion, file]);
  })();
  return { schema: schemaVersion, file, commits: 0, at: 0 };
}

function aboutRow(db: Database): About | null {
  return db.query<About, []>("SELECT schema, file, commits, at FROM about WHERE id = 1").get();
}
