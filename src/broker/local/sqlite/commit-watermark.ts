import { closeSync, constants, futimesSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import type { Clock } from "../../../core/clock.ts";

/** Which file was seen last, how far it had come, and where it was. */
export interface Watermark {
  readonly file: string;
  readonly commits: number;
  /** Null in a watermark of an older version, which knew only the two above. */
  readonly place: Place | null;
}

/** What a copy of a file does not share with it. */
interface Place {
  readonly inode: bigint;
  /** Nanoseconds since 1970; 0 where the file system does not tell. */
  readonly birth: bigint;
  /** When the watermark was written, in milliseconds since 1970, and what its file says of that. */
  readonly writtenAt: number;
  readonly modifiedAt: number;
}

/** Eight letters, eight bytes of a double, four bytes of checksum. */
const oldSize = 20;
/** The same with inode, time of birth and time of writing between. */
const size = 44;
/** A process that was killed has not set the time of its last watermark: the system's own may lag so far behind. */
const killedToleranceMs = 50;
/** Some file systems keep whole seconds, or two. */
const coarseToleranceMs = 2_000;

/**
 * A small file beside the database that says how many commits it must have, and which file it is. A database cannot know
 * by itself that its end was cut off, or that it is an old copy: it would give the same offsets of the same epoch once
 * more, to other publications. It is written after each commit and never synced, so it can only lag behind a database
 * that is whole; a database that lags behind it has lost something. A write is about 1 us.
 */
export class WatermarkFile {
  readonly #descriptor: number;
  readonly #clock: Clock;
  readonly #bytes = Buffer.alloc(size);

  /** Of the database at the path, whose `about` names it `file`. */
  constructor(path: string, file: string, clock: Clock) {
    this.#clock = clock;
    // Created where it is not there, and not emptied where it is: the last watermark stays until the first new one.
    this.#descriptor = openSync(watermarkPath(path), constants.O_RDWR | constants.O_CREAT);
    this.#bytes.write(file.slice(0, 8).padEnd(8), 0, "latin1");
    const { inode, birth } = placeOf(path);
    this.#bytes.writeBigUInt64LE(inode, 16);
    this.#bytes.writeBigUInt64LE(birth, 24);
  }

  /** Throws where it cannot be written. */
  saw(commits: number): void {
    const now = this.#clock.wall();
    this.#bytes.writeDoubleLE(commits, 8);
    this.#bytes.writeDoubleLE(now, 32);
    this.#bytes.writeUInt32LE(Bun.hash.crc32(this.#bytes.subarray(0, 40)), 40);
    writeSync(this.#descriptor, this.#bytes, 0, size, 0);
    // A copy over this file has a time of its own, unless it was told to keep this one.
    futimesSync(this.#descriptor, now / 1_000, now / 1_000);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** What the file beside the database at the path says; null where there is none, or none that can be believed. */
export function readWatermark(path: string): Watermark | null {
  let bytes: Buffer;
  let modifiedAt: number;
  try {
    bytes = readFileSync(watermarkPath(path));
    modifiedAt = statSync(watermarkPath(path)).mtimeMs;
  } catch {
    return null;
  }
  const end = bytes.length - 4;
  if (bytes.length !== oldSize && bytes.length !== size) return null;
  if (bytes.readUInt32LE(end) !== Bun.hash.crc32(bytes.subarray(0, end))) return null;
  const [file, commits] = [bytes.toString("latin1", 0, 8), bytes.readDoubleLE(8)];
  if (bytes.length === oldSize) return { file, commits, place: null };
  const [inode, birth] = [bytes.readBigUInt64LE(16), bytes.readBigUInt64LE(24)];
  return { file, commits, place: { inode, birth, writtenAt: bytes.readDoubleLE(32), modifiedAt } };
}

/**
 * Whether the database at the path is another file than the one that the watermark was written beside, or the watermark
 * was written over: a folder that was copied, restored or unpacked. A device number is not compared: a reboot changes it.
 */
export function isCopy(path: string, { place }: Watermark): boolean {
  if (place === null) return false;
  const { inode, birth } = placeOf(path);
  if (inode !== place.inode) return true;
  if (birth !== 0n && place.birth !== 0n && birth !== place.birth) return true;
  const isCoarse = place.modifiedAt % 1_000 === 0;
  return Math.abs(place.modifiedAt - place.writtenAt) > (isCoarse ? coarseToleranceMs : killedToleranceMs);
}

function watermarkPath(path: string): string {
  return `${path}-witness`;
}

/** Where a file system has no time of birth, the runtime gives none or the time of the last change. */
function placeOf(path: string): Pick<Place, "inode" | "birth"> {
  const { ino, birthtimeNs, ctimeNs } = statSync(path, { bigint: true });
  return { inode: BigInt.asUintN(64, ino), birth: birthtimeNs === ctimeNs ? 0n : BigInt.asUintN(64, birthtimeNs) };
}
