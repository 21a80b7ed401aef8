import { constants, Database } from "bun:sqlite";
import { closeSync, existsSync, fsyncSync, openSync, rmSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { DamageError } from "./damage.ts";
import { FileLock, InUseError } from "./lock.ts";

/** SQLITE_OPEN_URI. */
const openUri = 0x40;

/**
 * Writes what the database at `path` holds at this moment to a new file, while its server runs or does not (`VACUUM
 * INTO`). The copy is one file without free pages, and is synced. Throws where there is no database, where the new file is
 * there already, where it cannot be written, and DamageError where the copy is not whole.
 */
export function backUp(path: string, file: string): void {
  if (!existsSync(path)) throw new Error(`there is no such file: ${path}`);
  if (existsSync(file)) throw new Error(`${file} exists already`);
  const source = openSource(path);
  try {
    source.run("VACUUM INTO ?", [file]);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    source.close();
  }
  checkCopy(file);
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
  if (found !== "ok") {
    rmSync(file);
    throw new DamageError(`the copy is not whole: ${found}`);
  }
  const descriptor = openSync(file, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}
