import { SQLiteError } from "bun:sqlite";

/** What is in the file cannot be what was written: nothing in it may be believed any more. */
export class DamageError extends Error {
  override readonly name = "DamageError";
}

/** SQLITE_CORRUPT and SQLITE_NOTADB, with all their extended codes. */
const damagedPrimary = new Set([11, 26]);
/** A row where there can be none (primary key, unique, rowid), and reads that end too early or fail a checksum. */
const damagedExtended = new Set([1555, 2067, 2579, 522, 8202, 8458]);

/** True where the file is damaged, and not merely unreadable, unwritable or full for now. */
export function isDamage(error: unknown): boolean {
  if (error instanceof DamageError) return true;
  return error instanceof SQLiteError && (damagedPrimary.has(error.errno & 0xff) || damagedExtended.has(error.errno));
}
