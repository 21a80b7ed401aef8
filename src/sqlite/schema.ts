import type { Database } from "bun:sqlite";

/** The tables and indexes of a file, as SQL, and the version that it names. */
export interface Schema {
  readonly version: number;
  readonly tables: readonly string[];
}

/** Reads the schema of a database; null where it is empty. */
export function readSchema(db: Database): { readonly version: number; readonly tables: ReadonlySet<string> } | null {
  const version = readVersion(db);
  const found = db.query<{ sql: string }, []>("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").all();
  if (version === 0 && found.length === 0) return null;
  return { version, tables: new Set(found.map(({ sql }) => sql)) };
}

/** Makes the tables; in a transaction of the caller where more is written with them. */
export function createTables(db: Database, { version, tables }: Schema): void {
  db.transaction(() => {
    for (const table of tables) db.run(table);
    writeVersion(db, version);
  })();
}

export function readVersion(db: Database): number {
  return db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}

export function writeVersion(db: Database, version: number): void {
  db.run(`PRAGMA user_version = ${version}`);
}
