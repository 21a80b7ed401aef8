import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  futimesSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import type { Clock } from "../../../core/clock.ts";
import { type Identity, identityOf, isSame, rawIdentity } from "./file-identity.ts";

/** Which file was seen last, how far it had come, and where it was. */
export interface Watermark {
  readonly file: string;
  readonly commits: number;
  /** Null in a watermark of an older version, which knew only the two above. */
  readonly place: Place | null;
}

/** What a copied folder does not share with its original. */
interface Place {
  readonly database: Identity;
  /** When the watermark was written, in milliseconds since 1970, and what its file says of that. */
  readonly writtenAt: number;
  readonly modifiedAt: number;
  /** The watermark's file, and which one it says that it is; null in a watermark of an older version. */
  readonly own: { readonly found: Identity; readonly written: Identity } | null;
}

/** Eight letters, eight bytes of a double, four bytes of checksum. */
const oldSize = 20;
/** The same with the identity of the database and the time of writing between, and then with its own identity. */
const withoutOwnSize = 44;
const size = 60;
/** A process that was killed has not set the time of its last watermark: the system's own may lag so far behind. */
const killedToleranceMs = 50;
/** Some file systems keep whole seconds, or two. */
const coarseToleranceMs = 2_000;
/** How long one file is written to before another takes its place. */
const renewMs = 5_000;

/**
 * A small file beside the database that says how many commits it must have, and which file it is. A database cannot know
 * by itself that its end was cut off, or that it is an old copy: it would give the same offsets of the same epoch once
 * more, to other publications. It is written after each commit and never synced, so it can only lag behind a database
 * that is whole; a database that lags behind it has lost something. A write is about 1 us.
 *
 * It names its own file too, and a new one takes its place at the start, at the end, and every five seconds of writing
 * between: what is written over the files of the folder with their times (`cp -a`, `tar --overwrite`) names a file that is
 * gone. A new file costs one sync, about 2 ms.
 */
export class WatermarkFile {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #bytes = Buffer.alloc(size);
  #descriptor: number;
  #madeAt = Number.NEGATIVE_INFINITY;
  #isWritten = false;

  /** Of the database at the path, whose `about` names it `file`. */
  constructor(path: string, file: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
    // Created where it is not there, and not emptied where it is: the last watermark stays until the first new one.
    this.#descriptor = openSync(watermarkPath(path), constants.O_RDWR | constants.O_CREAT);
    this.#bytes.write(file.slice(0, 8).padEnd(8), 0, "latin1");
    this.#identify(16, identityOf(statSync(path, { bigint: true })));
    this.#identify(40, ownIdentity(this.#descriptor, this.#knowsBirths));
  }

  /** Throws where it cannot be written. */
  saw(commits: number): void {
    this.#bytes.writeDoubleLE(commits, 8);
    this.#bytes.writeDoubleLE(this.#clock.wall(), 32);
    this.#isWritten = true;
    if (this.#clock.monotonic() - this.#madeAt >= renewMs) this.#renew();
    else this.#write(this.#descriptor);
  }

  /** Never throws: what is there already proves less, and nothing false. */
  close(): void {
    try {
      if (this.#isWritten) this.#renew();
    } catch {
      // Neither file can be written.
    }
    closeSync(this.#descriptor);
  }

  /** Puts a new file in the place of the old one, which stays where that fails, as on a full disk. */
  #renew(): void {
    const old = this.#descriptor;
    this.#madeAt = this.#clock.monotonic();
    if (!this.#knowsBirths) this.#learnBirth();
    try {
      this.#descriptor = this.#replace();
    } catch {
      this.#identify(40, ownIdentity(old, this.#knowsBirths));
      this.#write(old);
      return;
    }
    closeSync(old);
  }

  /** What is renamed is on the disk before, so that a loss of power leaves the old file or the new one. */
  #replace(): number {
    const path = `${watermarkPath(this.#path)}-new`;
    const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC);
    try {
      this.#identify(40, ownIdentity(descriptor, this.#knowsBirths));
      this.#write(descriptor);
      fsyncSync(descriptor);
      renameSync(path, watermarkPath(this.#path));
      return descriptor;
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  #write(descriptor: number): void {
    this.#bytes.writeUInt32LE(Bun.hash.crc32(this.#bytes.subarray(0, size - 4)), size - 4);
    writeSync(descriptor, this.#bytes, 0, size, 0);
    // A copy over this file has a time of its own, unless it was told to keep this one.
    const seconds = this.#bytes.readDoubleLE(32) / 1_000;
    futimesSync(descriptor, seconds, seconds);
  }

  /** The database has changed since it was made, unless that was just now. */
  #learnBirth(): void {
    const found = identityOf(statSync(this.#path, { bigint: true }));
    if (found.inode === this.#bytes.readBigUInt64LE(16)) this.#identify(16, found);
  }

  #identify(at: number, { inode, birth }: Identity): void {
    this.#bytes.writeBigUInt64LE(inode, at);
    this.#bytes.writeBigUInt64LE(birth, at + 8);
  }

  /** A file that was made just now does not show whether its file system keeps times of birth; the database does. */
  get #knowsBirths(): boolean {
    return this.#bytes.readBigUInt64LE(24) !== 0n;
  }
}

/** What the file beside the database at the path says; null where there is none, or none that can be believed. */
export function readWatermark(path: string): Watermark | null {
  try {
    const bytes = readFileSync(watermarkPath(path));
    return watermarkOf(bytes, statSync(watermarkPath(path), { bigint: true }));
  } catch {
    return null;
  }
}

function watermarkOf(bytes: Buffer, stats: BigIntStats): Watermark | null {
  const end = bytes.length - 4;
  if (![oldSize, withoutOwnSize, size].includes(bytes.length)) return null;
  if (bytes.readUInt32LE(end) !== Bun.hash.crc32(bytes.subarray(0, end))) return null;
  const [file, commits] = [bytes.toString("latin1", 0, 8), bytes.readDoubleLE(8)];
  if (bytes.length === oldSize) return { file, commits, place: null };
  const identityAt = (at: number) => ({ inode: bytes.readBigUInt64LE(at), birth: bytes.readBigUInt64LE(at + 8) });
  const own = bytes.length === size ? { found: rawIdentity(stats), written: identityAt(40) } : null;
  const modifiedAt = Number(stats.mtimeNs) / 1e6;
  return { file, commits, place: { database: identityAt(16), writtenAt: bytes.readDoubleLE(32), modifiedAt, own } };
}

/**
 * Whether the database at the path is another file than the one that the watermark was written beside, or the watermark
 * was written over: a folder that was copied, restored or unpacked. A device number is not compared: a reboot changes it.
 */
export function isCopy(path: string, { place }: Watermark): boolean {
  if (place === null) return false;
  const { database, own, modifiedAt, writtenAt } = place;
  if (!isSame(database, identityOf(statSync(path, { bigint: true })))) return true;
  if (own !== null && !isSame(own.written, own.found)) return true;
  const isCoarse = modifiedAt % 1_000 === 0;
  return Math.abs(modifiedAt - writtenAt) > (isCoarse ? coarseToleranceMs : killedToleranceMs);
}

function watermarkPath(path: string): string {
  return `${path}-witness`;
}

function ownIdentity(descriptor: number, knowsBirths: boolean): Identity {
  const { inode, birth } = rawIdentity(fstatSync(descriptor, { bigint: true }));
  return { inode, birth: knowsBirths ? birth : 0n };
}
