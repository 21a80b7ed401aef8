import type { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import type { Random } from "../../../core/random.ts";
import { openDatabase } from "../../../sqlite/database.ts";
import { FileLock } from "../../../sqlite/lock.ts";
import { checkStreamRow, type StreamRow, streamCrc } from "./rows.ts";
import { readAbout } from "./schema.ts";

/** Gives every stream a new epoch, in one transaction that counts as the given commit; how many there were. */
export function renewEpochs(db: Database, commits: number, random: Random): number {
  const update = db.prepare<never, [epoch: string, crc: number, id: number]>(
    "UPDATE streams SET epoch = ?, crc = ? WHERE id = ?",
  );
  const rows = db.query<StreamRow, []>("SELECT * FROM streams").all();
  try {
    db.transaction(() => {
      for (const row of rows) {
        checkStreamRow(row);
        const epoch = random.epoch();
        update.run(epoch, streamCrc({ ...row, epoch }), row.id);
      }
      db.run("UPDATE about SET commits = ?", [commits]);
    })();
  } finally {
    update.finalize();
  }
  return rows.length;
}

/** Gives every stream of a file that no server has open a new epoch; how many there were. Throws where it cannot. */
export function renewStoredEpochs(path: string, random: Random): number {
  if (!existsSync(path)) throw new Error(`there is no such file: ${path}`);
  const lock = lockOf(path);
  try {
    const db = openDatabase({ path, synchronous: "full" }, lock);
    try {
      const about = readAbout(db);
      return about === null ? 0 : renewEpochs(db, about.commits + 1, random);
    } finally {
      db.close();
    }
  } finally {
    lock.release();
  }
}

function lockOf(path: string): FileLock {
  try {
    return new FileLock(path);
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : error}: stop the server first`);
  }
}
