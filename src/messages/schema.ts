import type { Database } from "bun:sqlite";
import { DamageError } from "../sqlite/damage.ts";
import { checkPages } from "../sqlite/database.ts";
import { createTables, readSchema, writeVersion } from "../sqlite/schema.ts";

/** Counted up with every change of the tables; a file of a later one is not touched, one of an earlier is migrated. */
const schemaVersion = 2;

const log =
  "CREATE TABLE log (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, key TEXT NOT NULL, method TEXT NOT NULL, channel TEXT, channels INTEGER, user TEXT, client TEXT, bytes INTEGER NOT NULL, offset INTEGER, connections INTEGER, queued INTEGER NOT NULL, outcome TEXT NOT NULL, idempotency_key TEXT, payload TEXT) STRICT";
const messagesByUser = "CREATE INDEX messages_by_user ON messages (user)";
const messagesByExpiry = "CREATE INDEX messages_by_expiry ON messages (expires_at)";
const answers =
  "CREATE TABLE answers (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, answer TEXT NOT NULL, expires_at INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT";

/** The tables of schema 1: a queue without guarantees, whose messages had no ids. */
const tablesOf1 = [
  log,
  "CREATE TABLE messages (id INTEGER PRIMARY KEY, user TEXT NOT NULL, kind TEXT NOT NULL, data BLOB NOT NULL, expires_at INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT",
  messagesByUser,
  messagesByExpiry,
  answers,
];

/**
 * The inbox. `messages`: what waits for users; `id` is the position in the order of a user, `message` the id, `until`
 * is "" without a guarantee, and what is read without the data comes before it. `settled`: devices that are done with a
 * message per device. `devices`: when each device of a user was used last.
 */
const inbox = [
  "CREATE TABLE messages (id INTEGER PRIMARY KEY, user TEXT NOT NULL, message TEXT NOT NULL, until TEXT NOT NULL, per TEXT NOT NULL, complete INTEGER NOT NULL, expires_at INTEGER NOT NULL, kind TEXT NOT NULL, data BLOB NOT NULL, crc INTEGER NOT NULL) STRICT",
  messagesByUser,
  messagesByExpiry,
  "CREATE INDEX messages_complete ON messages (id) WHERE complete = 1",
  "CREATE TABLE settled (message INTEGER NOT NULL, device TEXT NOT NULL, PRIMARY KEY (message, device)) STRICT, WITHOUT ROWID",
  "CREATE TABLE devices (user TEXT NOT NULL, device TEXT NOT NULL, used_at INTEGER NOT NULL, PRIMARY KEY (user, device)) STRICT, WITHOUT ROWID",
  "CREATE INDEX devices_by_use ON devices (used_at)",
  "CREATE TRIGGER messages_settled AFTER DELETE ON messages WHEN OLD.per = 'device' BEGIN DELETE FROM settled WHERE message = OLD.id; END",
];

/**
 * `log`: one row a push, in the order in which they were recorded; without an index, because one by channel made a row
 * 17 times as expensive (27 us instead of 1.6 us, measured on Bun 1.4.5 with 500,000 rows); `message` is the id of a
 * message. `answers`: what was answered to an idempotency key.
 */
const tables = [log.replace(") STRICT", ", message TEXT) STRICT"), ...inbox, answers];

/** Checks the tables of the file at the path, makes them where it is empty, and migrates those of an earlier version. */
export function prepareTables(db: Database, path: string): void {
  const schema = schemaOf(db);
  if (schema === "none") createTables(db, { version: schemaVersion, tables });
  else checkPages(db, path);
  if (schema === "1") migrateFrom1(db);
}

/** Whether a file is empty, of this version or of an earlier one. Throws where it is not, or not any more, one of ours. */
function schemaOf(db: Database): "none" | "current" | "1" {
  const schema = readSchema(db);
  if (schema === null) return "none";
  const { version, tables: sql } = schema;
  const has = (expected: readonly string[]) => sql.size === expected.length && expected.every((each) => sql.has(each));
  if (has(tables) && version === schemaVersion) return "current";
  if (has(tablesOf1) && version === 1) return "1";
  // A later version has other tables: with the ones of this version, it is the number that is damaged.
  if (!has(tables) && !has(tablesOf1) && version > schemaVersion) {
    throw new Error(`it was written by a later version of Chorus (schema ${version})`);
  }
  throw new DamageError("its tables are not as written");
}

/** Makes a file of schema 1 one of this version, with its messages, answers and log; all of it or nothing. */
function migrateFrom1(db: Database): void {
  db.transaction(() => {
    db.run("ALTER TABLE log ADD COLUMN message TEXT");
    db.run("DROP INDEX messages_by_user");
    db.run("DROP INDEX messages_by_expiry");
    db.run("ALTER TABLE messages RENAME TO messages_of_1");
    for (const table of inbox) db.run(table);
    db.run("INSERT INTO messages SELECT id, user, '', '', '', 0, expires_at, kind, data, crc FROM messages_of_1");
    db.run("DROP TABLE messages_of_1");
    writeVersion(db, schemaVersion);
  })();
}
