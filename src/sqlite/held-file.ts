import { SQLiteError } from "bun:sqlite";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../core/clock.ts";
import { isDamage } from "./damage.ts";
import { FileLock } from "./lock.ts";

/** How a store opens its file, and which events it receives. */
export interface HeldFileParts<Opened> {
  readonly clock: Clock;
  /** Opens what is at the path, or makes it. Throws DamageError, or what SQLite throws. */
  open(lock: FileLock): Opened;
  close(opened: Opened): void;
  /** The damaged file was renamed, with all that belongs to it. */
  setAside(keptAs: string, reason: unknown): void;
  /** The file could not be opened, or the damaged one not set aside. */
  failed(step: "open" | "set aside", error: unknown): void;
}

/** A disk that damages file after file is not to be filled with them: one is replaced at most this often. */
const replaceIntervalMs = 10_000;
/** How often it is tried to open a file that could not be opened. */
const reopenIntervalMs = 1_000;
/** SQLITE_BUSY. */
const busyErrno = 5;

/**
 * The file of one store: locked as long as the store lives, opened again after a failure, and set aside after damage,
 * with a new one in its place.
 */
export class HeldFile<Opened> {
  readonly #path: string;
  readonly #parts: HeldFileParts<Opened>;
  readonly #lock: FileLock;
  #opened: Opened | null = null;
  #closed = false;
  #replacedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;

  /**
   * Sets a damaged file aside. Throws, with the path in its words, where none can be had: another process has it, a
   * later version wrote it, it may not be written.
   */
  constructor(path: string, parts: HeldFileParts<Opened>) {
    this.#path = path;
    this.#parts = parts;
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#lock = new FileLock(path);
    } catch (error) {
      throw named(path, error);
    }
    try {
      this.#openOrReplace();
    } catch (error) {
      this.#lock.release();
      throw named(path, error);
    }
  }

  get isOpen(): boolean {
    return this.#opened !== null;
  }

  /** False where what is written is not at the path any more. */
  get isInPlace(): boolean {
    return this.#lock.isInPlace;
  }

  /** What is open. Throws where the file is not open. */
  use(): Opened {
    if (this.#opened === null) throw new Error("the file is not open");
    return this.#opened;
  }

  /** Opens the file again, at most once a second; true where it is open. */
  reopen(): boolean {
    this.release();
    if (this.#closed) return false;
    const now = this.#parts.clock.monotonic();
    if (now - this.#triedAt < reopenIntervalMs) return false;
    this.#triedAt = now;
    return this.#attempt("open", () => this.#openOrReplace());
  }

  /** Sets the damaged file aside, at most every ten seconds; true where a new one is open in its place. */
  replace(reason: unknown): boolean {
    this.release();
    if (this.#closed || this.#parts.clock.monotonic() - this.#replacedAt < replaceIntervalMs) return false;
    const isAside = this.#attempt("set aside", () => this.#setAside(reason));
    return isAside && this.#attempt("open", () => this.#openOrReplace());
  }

  /** Closes the file for now; it stays locked. */
  release(): void {
    const opened = this.#opened;
    this.#opened = null;
    if (opened === null) return;
    try {
      this.#parts.close(opened);
    } catch {
      // It is given up in either case.
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.release();
    this.#lock.release();
  }

  #attempt(step: "open" | "set aside", work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      this.#parts.failed(step, error);
      return false;
    }
  }

  #openOrReplace(): void {
    try {
      this.#opened = this.#open();
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#setAside(error);
      this.#opened = this.#open();
    }
  }

  #open(): Opened {
    this.#lock.hold();
    return this.#parts.open(this.#lock);
  }

  #setAside(reason: unknown): void {
    const { clock } = this.#parts;
    this.#replacedAt = clock.monotonic();
    this.#parts.setAside(renameDamaged(this.#path, clock.wall()), reason);
  }
}

/** Renames the closed file and what belongs to it, dated with the given milliseconds since 1970; its new path. */
function renameDamaged(path: string, time: number): string {
  const keptAs = `${path}.damaged-${new Date(time).toISOString().replaceAll(":", "-")}`;
  for (const suffix of ["", "-wal", "-shm", "-witness"]) {
    if (existsSync(path + suffix)) renameSync(path + suffix, keptAs + suffix);
  }
  return keptAs;
}

/** The error with the file's name, for the person who has to do something about it. */
function named(path: string, error: unknown): Error {
  const busy = error instanceof SQLiteError && (error.errno & 0xff) === busyErrno;
  const reason = busy ? "it is in use by another process" : error instanceof Error ? error.message : String(error);
  return new Error(`${path} cannot be opened: ${reason}`, { cause: error });
}
