import type { Database } from "bun:sqlite";
import { checkPages, openDatabase, type SqliteFileOptions } from "../sqlite/database.ts";
import type { FileLock } from "../sqlite/lock.ts";
import { createTables, migrateFrom1, schemaOf } from "./schema.ts";
import { prepare, type Statements } from "./statements.ts";

/** A database that was found whole, or has just been made, and what can be said to it. */
export interface Opened {
  readonly db: Database;
  readonly statements: Statements;
}

/** Throws DamageError where the file is damaged. */
export function openWhole(options: SqliteFileOptions, lock: FileLock): Opened {
  const db = openDatabase(options, lock);
  try {
    const schema = schemaOf(db);
    if (schema === "none") createTables(db);
    else checkPages(db, options.path);
    if (schema === "1") migrateFrom1(db);
    return { db, statements: prepare(db) };
  } catch (error) {
    db.close();
    throw error;
  }
}

export function closeOpened({ db, statements }: Opened): void {
  statements.finalize();
  db.close();
}
