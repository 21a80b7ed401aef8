import type { Database } from "bun:sqlite";
import { readWatermark, type Watermark, WatermarkFile } from "../broker/local/sqlite/commit-watermark.ts";
import {
  checkPages,
  openDatabase,
  openOrReplace,
  renameDamaged,
  type SqliteFileOptions,
} from "../broker/local/sqlite/database.ts";
import { renewEpochs } from "../broker/local/sqlite/epoch-rotation.ts";
import { type About, createTables, readAbout } from "../broker/local/sqlite/schema.ts";
import { SqliteFile, type SqliteFileParts } from "../broker/local/sqlite/sqlite-file.ts";

/**
 * Opens the file, or makes it. One that is damaged is set aside, with a line in the log, and a new one begun. Throws
 * where it cannot be had at all: another process has it, a later version wrote it, it may not be written.
 */
export function openSqliteFile(options: SqliteFileOptions, parts: SqliteFileParts): SqliteFile {
  return openOrReplace(
    options.path,
    () => openWhole(options, parts),
    (reason) => setAside(options.path, reason, parts),
  );
}

/** Renames the closed file and what belongs to it, so that a person can look at it, and nobody else does. */
export function setAside(path: string, reason: unknown, { clock, log }: SqliteFileParts): void {
  const keptAs = renameDamaged(path, clock.wall());
  log.error("broker.file_damaged", { path, kept_as: keptAs, reason: String(reason) });
}

function openWhole(options: SqliteFileOptions, parts: SqliteFileParts): SqliteFile {
  const db = openDatabase(options);
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
