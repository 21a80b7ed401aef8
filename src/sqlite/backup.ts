import { constants, Database } from "bun:sqlite";
import { closeSync, existsSync, fsyncSync, openSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { DamageError } from "./damage.ts";
import { FileLock, InUseError } from "./lock.ts";

/** SQLITE_OPEN_URI. */
const openUri = 0x40;

/** A database and the new file that it is copied to. */
export interface Copy {
  readonly path: string;
  readonly file: string;
}

/**
 * Writes what each of the databases holds at this moment to a new file, while its server runs or does not (`VACUUM
 * INTO`). A copy is one file without free pages, and is synced. Throws where there is no database, where a new file is
 * there already or cannot be written, and DamageError where a copy is not whole; no copy is left then.
 */
export function backUp(copies: readonly Copy[]): void {
  for (const { path, file } of copies) {
    if (!existsSync(path)) throw new Error(`there is no such file: ${path}`);
    if (existsSync(file)) throw new Error(`${file} exists already`);
    if (isFileOf(path, file)) throw new Error(`${file} is a name that belongs to ${path}`);
  }
  const written: string[] = [];
  try {
    for (const { path, file } of copies) {
      written.push(file);
      copyTo(path, file);
    }
  } catch (error) {
    for (const file of written) if (existsSync(file)) rmSync(file);
    throw error;
  }
}

/** What SQLite and the server keep beside a database, such as PATH-journal, which the next start would roll back. */
function isFileOf(path: string, file: string): boolean {
  return resolve(file).startsWith(`${resolve(path)}-`);
}

function copyTo(path: string, file: string): void {
  const source = openSource(path);
  try {
    // A whole path is never taken for a URI or for `:memory:`.
    source.run("VACUUM INTO ?", [resolve(file)]);
  } finally {
    source.close();
  }
  checkCopy(resolve(file));
}

/**
 * Beside a running server the database is read only, and so is its shared memory: where a read in the server's process
 * has dropped the locks on it, an opener that may write takes it for abandoned, and begins it anew.
 */
function openSource(path: string): Database {
  if (isInUse(path)) {
    return new Database(`${pathToFileURL(path).href}?readonly_shm=1`, constants.SQLITE_OPEN_READONLY | openUri);
  }
  return new Database(path, { readwrite: true });
}

function isInUse(path: string): boolean {
  try {
    new FileLock(path).release();
    return false;
  } catch (error) {
    if (error instanceof InUseError) return true;
    throw error;
  }
}

function checkCopy(file: string): void {
  const copy = new Database(file, { readonly: true });
  const found = copy.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get()?.quick_check;
  copy.close();
  if (found !== "ok") throw new DamageError(`the copy is not whole: ${found}`);
  const descriptor = openSync(file, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}
