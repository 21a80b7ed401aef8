import { dlopen } from "bun:ffi";
import { closeSync, existsSync, openSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** LOCK_EX and LOCK_NB of flock(2), which have the same value on Linux, macOS and the BSDs. */
const exclusiveNow = 2 | 4;

/** Where flock(2) is found: glibc, musl, macOS. */
const libraries = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1", "libSystem.B.dylib"];

/** The paths that this process holds, without symbolic links. */
const heldHere = new Set<string>();

type Flock = (descriptor: number, operation: number) => number;

/** Undefined before the first lock; null where the system has no flock(2). */
let loaded: Flock | null | undefined;

/** Thrown where a file is in use; the message completes "FILE cannot be opened: ". */
export class InUseError extends Error {
  override readonly name = "InUseError";
}

/**
 * Holds a file for one store of one process, until it is released or the process ends. The lock is a flock(2) on a file
 * of its own, PATH-lock. SQLite's own locks are POSIX locks: closing any descriptor of the database in this process, as
 * of a copy that was read, drops them (fcntl(2), F_SETLK). A flock belongs to its descriptor: reading does not drop it.
 *
 * PATH-lock holds one name. On Linux a second flock, on the database itself, holds the file under every name: a hard link,
 * or the name that it was moved to. Elsewhere a flock and SQLite's locks exclude each other.
 */
export class FileLock {
  readonly #path: string;
  readonly #descriptor: number | null;
  #held: { readonly inode: string | null; readonly descriptor: number | null } | null = null;

  /**
   * Throws InUseError where another store or process holds the file, and Error where it has a second name: with that
   * name it would have another write-ahead log. Nothing of it is opened then.
   */
  constructor(path: string) {
    this.#path = canonical(path);
    if (isHeldHere(this.#path)) throw new InUseError("it is in use by this process");
    this.#descriptor = take(`${this.#path}-lock`);
    heldHere.add(this.#path);
    try {
      this.hold();
      checkNames(this.#path);
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /**
   * Holds the file that is at the path now, which is made where there is none. To be called before each time that it is
   * opened, and while it is closed: closing a descriptor of it drops SQLite's locks.
   */
  hold(): void {
    if (this.#descriptor === null || process.platform !== "linux") return;
    const inode = inodeOf(this.#path);
    if (this.#held !== null && this.#held.inode === inode) return;
    this.#letGo();
    const descriptor = take(this.#path);
    this.#held = { inode: inodeOf(this.#path), descriptor };
  }

  /** False where the file that is held has been moved or removed, as far as the system tells. */
  get isInPlace(): boolean {
    return this.#held === null || this.#held.inode === inodeOf(this.#path);
  }

  /** False where the system has no flock(2): then SQLite's own lock has to do, and no other process can read the file. */
  get isShareable(): boolean {
    return this.#descriptor !== null;
  }

  release(): void {
    heldHere.delete(this.#path);
    this.#letGo();
    if (this.#descriptor !== null) closeSync(this.#descriptor);
  }

  #letGo(): void {
    const descriptor = this.#held?.descriptor ?? null;
    this.#held = null;
    if (descriptor !== null) closeSync(descriptor);
  }
}

function checkNames(path: string): void {
  const names = statSync(path, { throwIfNoEntry: false })?.nlink ?? 1;
  if (names <= 1) return;
  throw new Error(
    `it has ${names} names (hard links), and SQLite has a write-ahead log for each of them: remove the others, or copy it`,
  );
}

/** Whether this process holds the file, also by another hard link to it. */
function isHeldHere(path: string): boolean {
  if (heldHere.has(path)) return true;
  const inode = inodeOf(path);
  return inode !== null && [...heldHere].some((held) => inodeOf(held) === inode);
}

/** What every hard link to a file has in common; null where there is no file. */
function inodeOf(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats ? `${stats.dev}:${stats.ino}` : null;
}

/** The descriptor that holds the lock on a file, which is made where it is not there; null where the system has no such lock. */
function take(path: string): number | null {
  if (loaded === undefined) loaded = loadFlock();
  const flock = loaded;
  if (flock === null) return null;
  const descriptor = openLock(path);
  if (flock(descriptor, exclusiveNow) === 0) return descriptor;
  closeSync(descriptor);
  throw new InUseError("it is in use by another process");
}

/** A lock that another user has made, as root a backup, can be held as well where it may only be read. */
function openLock(path: string): number {
  try {
    return openSync(path, "a", 0o644);
  } catch (error) {
    if (!existsSync(path)) throw error;
    return openSync(path, "r");
  }
}

function loadFlock(): Flock | null {
  for (const library of libraries) {
    try {
      return dlopen(library, { flock: { args: ["i32", "i32"], returns: "i32" } }).symbols.flock;
    } catch {
      // Another system has it elsewhere.
    }
  }
  return null;
}

/** One name for a file, whatever symbolic links lead to it. Its folder exists. */
function canonical(path: string): string {
  return existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));
}
