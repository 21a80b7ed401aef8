import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Copies what is on the disk at this moment, as after a kill -9. The server knows a copy by the place that its watermark
 * names; here that is left out, as older versions did, so that the copy stands for the file itself.
 */
export function copyAsCrashed(path: string, copy: string): void {
  copyFolder(path, copy);
  if (existsSync(`${copy}-witness`)) forgetPlace(`${copy}-witness`);
}

/** Copies the file and what belongs to it with their times, as a backup tool does. */
export function copyFolder(path: string, copy: string): void {
  mkdirSync(dirname(copy), { recursive: true });
  for (const suffix of ["", "-wal", "-witness"]) {
    if (!existsSync(path + suffix)) continue;
    copyFileSync(path + suffix, copy + suffix);
    const { atimeMs, mtimeMs } = statSync(path + suffix);
    utimesSync(copy + suffix, atimeMs / 1_000, mtimeMs / 1_000);
  }
}

/** Eight letters and the number of commits, with a checksum. */
function forgetPlace(watermark: string): void {
  const known = readFileSync(watermark).subarray(0, 16);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(Bun.hash.crc32(known));
  writeFileSync(watermark, Buffer.concat([known, checksum]));
}
