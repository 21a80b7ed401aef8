import { SQLiteError } from "bun:sqlite";

/** A disk that damages file after file is not to be filled with them: one is replaced at most this often. */
export const replaceIntervalMs = 10_000;

/** How often it is tried to open a file that could not be opened. */
export const reopenIntervalMs = 1_000;

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
