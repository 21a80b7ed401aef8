import type { Database } from "bun:sqlite";
import { checkPages, openDatabase, type SqliteFileOptions } from "../../../sqlite/database.ts";
import type { FileLock } from "../../../sqlite/lock.ts";
import { readWatermark, type Watermark, WatermarkFile } from "./commit-watermark.ts";
import { renewEpochs } from "./epoch-rotation.ts";
import { type About, createTables, readAbout } from "./schema.ts";
import { SqliteFile, type SqliteFileParts } from "./sqlite-file.ts";

/** Opens the file, or makes it. Throws DamageError where it is damaged. */
export function openSqliteFile(options: SqliteFileOptions, lock: FileLock, parts: SqliteFileParts): SqliteFile {
  const db = openDatabase(options, lock);
  try {
    const about = readAbout(db);
    const watermark = readWatermark(watermarkPath(options.path));
    if (about === null) return begin(db, options, watermark, parts);
    checkPages(db, options.path);
    const commits = prove(db, about, watermark, parts);
    return new SqliteFile(
      db,
      new WatermarkFile(watermarkPath(options.path), about.file),
      { commits, at: about.at },
      parts,
    );
  } catch (error) {
    db.close();
    throw error;
  }
}

function watermarkPath(path: string): string {
  return `${path}-witness`;
}

function begin(
  db: Database,
  options: SqliteFileOptions,
  watermark: Watermark | null,
  parts: SqliteFileParts,
): SqliteFile {
  const about = createTables(db, parts.random.epoch());
  if (watermark !== null && watermark.commits > 0) parts.log.error("broker.history_lost", { path: options.path });
  return new SqliteFile(db, new WatermarkFile(watermarkPath(options.path), about.file), about, parts);
}

/**
 * The epochs in the file hold only where the witness says that nothing is missing from it. Where it does not, the
 * publications stay, and every stream gets a new epoch: no client takes a new publication for one that it knows.
 */
function prove(db: Database, about: About, watermark: Watermark | null, { random, log }: SqliteFileParts): number {
  const proven = watermark !== null && watermark.file === about.file && watermark.commits <= about.commits;
  if (proven) return about.commits;
  const commits = about.commits + 1;
  const streams = renewEpochs(db, commits, random);
  if (streams > 0)
    log.error("broker.epochs_renewed", { streams, commits: about.commits, witnessed: watermark?.commits });
  return commits;
}
