import { Database, SQLiteError } from "bun:sqlite";
import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DamageError, isDamage } from "./damage.ts";
import { renewEpochs } from "./renewal.ts";
import { type About, createTables, readAbout } from "./schema.ts";
import { SqliteFile, type SqliteFileParts } from "./sqlite-file.ts";
import { readWitness, type Testimony, Witness } from "./witness.ts";

/** Where the file is and how it is written. */
export interface SqliteFileOptions {
  /** Created with its folder where it is not there. */
  readonly path: string;
  /** `full` survives power loss, `normal` a crash of the process. */
  readonly synchronous: "full" | "normal";
  /** The largest size of the file in pages of 4 KiB; absent: as large as the disk. */
  readonly pagesMax?: number;
}

/** Up to here a file is read through when it is opened, which takes about a second; over it, rows speak for themselves. */
const checkedBytesMax = 268_435_456;

/**
 * Opens the file, or makes it. One that is damaged is set aside, with a line in the log, and a new one begun. Throws
 * where it cannot be had at all: another process has it, a later version wrote it, it may not be written.
 */
export function openSqliteFile(options: SqliteFileOptions, parts: SqliteFileParts): SqliteFile {
  try {
    mkdirSync(dirname(options.path), { recursive: true });
    return openWhole(options, parts);
  } catch (error) {
    if (!isDamage(error)) throw named(options.path, error);
    setAside(options.path, error, parts);
    return openWhole(options, parts);
  }
}

/** Renames the closed file and what belongs to it, so that a person can look at it, and nobody else does. */
export function setAside(path: string, reason: unknown, { clock, log }: SqliteFileParts): void {
  const keptAs = `${path}.damaged-${new Date(clock.wall()).toISOString().replaceAll(":", "-")}`;
  for (const suffix of ["", "-wal", "-shm", "-witness"]) {
    if (existsSync(path + suffix)) renameSync(path + suffix, keptAs + suffix);
  }
  log.error("broker.file_damaged", { path, kept_as: keptAs, reason: String(reason) });
}

function openWhole(options: SqliteFileOptions, parts: SqliteFileParts): SqliteFile {
  checkHeader(options.path);
  const db = new Database(options.path, { create: true, strict: true });
  try {
    configure(db, options);
    const about = readAbout(db);
    const testimony = readWitness(witnessPath(options.path));
    if (about === null) return begin(db, options, testimony, parts);
    check(db, options.path);
    const commits = prove(db, about, testimony, parts);
    return new SqliteFile(db, new Witness(witnessPath(options.path), about.file), { commits, at: about.at }, parts);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The error with the file's name, for the person who has to do something about it. */
function named(path: string, error: unknown): Error {
  const busy = error instanceof SQLiteError && (error.errno & 0xff) === 5;
  const reason = busy ? "it is in use by another process" : error instanceof Error ? error.message : String(error);
  return new Error(`${path} cannot be opened: ${reason}`, { cause: error });
}

function witnessPath(path: string): string {
  return `${path}-witness`;
}

/**
 * One process has the file to itself: a second one would give the same offsets again. That also spares the memory that
 * readers would share. Measured on Bun 1.4.5 with groups of 64 in one channel: 170,000 to 250,000 rows/s at `full`.
 */
function configure(db: Database, { synchronous, pagesMax }: SqliteFileOptions): void {
  db.run("PRAGMA locking_mode = EXCLUSIVE");
  const mode = db.query<{ journal_mode: string }, []>("PRAGMA journal_mode = WAL").get()?.journal_mode;
  if (mode !== "wal") throw new Error(`its file system cannot hold a write-ahead log (${mode})`);
  db.run(`PRAGMA synchronous = ${synchronous}`);
  db.run("PRAGMA cell_size_check = ON");
  db.run("PRAGMA trusted_schema = OFF");
  db.run("PRAGMA cache_size = -32000");
  db.run("PRAGMA journal_size_limit = 67108864");
  if (pagesMax !== undefined) db.run(`PRAGMA max_page_count = ${pagesMax}`);
}

function begin(
  db: Database,
  options: SqliteFileOptions,
  testimony: Testimony | null,
  parts: SqliteFileParts,
): SqliteFile {
  const about = createTables(db, parts.random.epoch());
  if (testimony !== null && testimony.commits > 0) parts.log.error("broker.history_lost", { path: options.path });
  return new SqliteFile(db, new Witness(witnessPath(options.path), about.file), about, parts);
}

/**
 * What SQLite takes for something else than damage: a format of a later version, and a format that it may only read, in
 * which it would refuse every publish for ever (the database header, bytes 18, 19 and 44, of the SQLite file format).
 */
function checkHeader(path: string): void {
  if (!existsSync(path)) return;
  const header = Buffer.alloc(100);
  const file = openSync(path, "r");
  const length = readSync(file, header);
  closeSync(file);
  const asWritten = header[18] === header[19] && header.readUInt32BE(44) <= 4;
  if (length === header.length && !asWritten) throw new DamageError("its header is not as written");
}

function check(db: Database, path: string): void {
  if (statSync(path).size > checkedBytesMax) return;
  const found = db.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get()?.quick_check;
  if (found !== "ok") throw new DamageError(found);
}

/**
 * The epochs in the file hold only where the witness says that nothing is missing from it. Where it does not, the
 * publications stay, and every stream gets a new epoch: no client takes a new publication for one that it knows.
 */
function prove(db: Database, about: About, testimony: Testimony | null, { random, log }: SqliteFileParts): number {
  const proven = testimony !== null && testimony.file === about.file && testimony.commits <= about.commits;
  if (proven) return about.commits;
  const commits = about.commits + 1;
  const streams = renewEpochs(db, commits, random);
  if (streams > 0)
    log.error("broker.epochs_renewed", { streams, commits: about.commits, witnessed: testimony?.commits });
  return commits;
}
