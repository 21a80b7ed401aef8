import type { Database } from "bun:sqlite";
import { checkPages, openDatabase, type SqliteFileOptions } from "../../../sqlite/database.ts";
import type { FileLock } from "../../../sqlite/lock.ts";
import { isCopy, readWatermark, type Watermark, WatermarkFile } from "./commit-watermark.ts";
import { renewEpochs } from "./epoch-rotation.ts";
import { type About, createStore, readAbout } from "./schema.ts";
import { SqliteFile, type SqliteFileParts } from "./sqlite-file.ts";

/** Opens the file, or makes it. Throws DamageError where it is damaged. */
export function openSqliteFile(options: SqliteFileOptions, lock: FileLock, parts: SqliteFileParts): SqliteFile {
  const db = openDatabase(options, lock);
  try {
    const about = readAbout(db);
    const watermark = readWatermark(options.path);
    if (about === null) return begin(db, options, watermark, parts);
    checkPages(db, options.path);
    const fault = watermarkFault(options.path, about, watermark);
    const commits = fault === null ? about.commits : renew(db, about, fault, parts);
    return new SqliteFile(
      db,
      new WatermarkFile(options.path, about.file, parts.clock),
      { commits, at: about.at },
      parts,
    );
  } catch (error) {
    db.close();
    throw error;
  }
}

function begin(
  db: Database,
  options: SqliteFileOptions,
  watermark: Watermark | null,
  parts: SqliteFileParts,
): SqliteFile {
  const about = createStore(db, parts.random.epoch());
  if (watermark !== null && watermark.commits > 0) parts.log.error("broker.history_lost", { path: options.path });
  return new SqliteFile(db, new WatermarkFile(options.path, about.file, parts.clock), about, parts);
}

const older = "older than its watermark";

/** Why the epochs in the file do not hold; null where the watermark says that nothing is missing from it. */
function watermarkFault(path: string, about: About, watermark: Watermark | null): string | null {
  if (watermark === null || watermark.file !== about.file) return "no watermark";
  if (watermark.commits > about.commits) return older;
  return isCopy(path, watermark) ? "copied or restored" : null;
}

/** The publications stay, and every stream gets a new epoch: no client takes a new publication for one that it knows. */
function renew(db: Database, about: About, reason: string, { random, log }: SqliteFileParts): number {
  const commits = about.commits + 1;
  const streams = renewEpochs(db, commits, random);
  if (streams > 0 || reason === older) log.error("broker.epochs_renewed", { streams, commits: about.commits, reason });
  return commits;
}
