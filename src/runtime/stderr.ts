import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import type { Clock } from "../core/clock.ts";
import { loadLibc } from "./libc.ts";
import type { LogSink } from "./log.ts";
import { systemClock } from "./system.ts";

/** Whether a descriptor has room for `partMax` bytes, at the latest after so many milliseconds. */
type HasRoom = (descriptor: number, waitMs: number) => boolean;

/** PIPE_BUF: where poll(2) says that there is room, a write of so many bytes does not wait. */
const partMax = 4_096;
/** POLLOUT. */
const writable = 4;
/** How long lines may wait for a reader that is slow, and how much of that each line gives back that has not waited. */
const waitMaxMs = 1_000;
const givenBackMs = 1;

/**
 * Writes lines to a file descriptor, each before the call returns. A line that the system does not take (a full disk, a
 * file at its size limit, a reader that has gone, and on Linux one that does not read) is dropped and counted, and the
 * next one is tried again: writing to `process.stderr` instead keeps such lines in memory and tries them in a loop
 * (measured on Bun 1.4.5), and a write to a full pipe does not return.
 */
export class DescriptorSink implements LogSink {
  readonly #descriptor: number;
  readonly #write: typeof writeSync;
  readonly #hasRoom: HasRoom;
  readonly #clock: Clock;
  #waitMs = waitMaxMs;
  #dropped = 0;
  /** The last thing written is a part of a line: the next line begins on a line of its own. */
  #isCut = false;

  /** `write` is that of `node:fs`, but in tests. */
  constructor(descriptor: number, write = writeSync, hasRoom = pollForRoom(), clock = systemClock) {
    this.#descriptor = descriptor;
    this.#write = write;
    this.#hasRoom = hasRoom;
    this.#clock = clock;
  }

  /** Lines that were not written, or not to their end. */
  get dropped(): number {
    return this.#dropped;
  }

  get isTTY(): boolean {
    return isatty(this.#descriptor);
  }

  write(line: string): void {
    const lead = this.#isCut ? "\n" : "";
    const bytes = Buffer.from(lead + line);
    let written = 0;
    try {
      while (written < bytes.length && this.#isReady()) {
        written += this.#write(this.#descriptor, bytes, written, Math.min(partMax, bytes.length - written));
      }
    } catch {
      // Less is written than there is.
    }
    if (written === bytes.length) {
      this.#isCut = false;
      return;
    }
    this.#dropped += 1;
    this.#isCut = written === 0 ? this.#isCut : written > lead.length;
  }

  /** A slow reader is waited for as long as there is time left; one that does not read costs that time once. */
  #isReady(): boolean {
    if (this.#hasRoom(this.#descriptor, 0)) {
      this.#waitMs = Math.min(waitMaxMs, this.#waitMs + givenBackMs);
      return true;
    }
    if (this.#waitMs < 1) return false;
    const since = this.#clock.monotonic();
    const isReady = this.#hasRoom(this.#descriptor, this.#waitMs);
    this.#waitMs = Math.max(0, Math.floor(this.#waitMs - (this.#clock.monotonic() - since)));
    return isReady;
  }
}

/** Where the system cannot be asked, writes may wait. */
function pollForRoom(): HasRoom {
  const libc = loadLibc();
  if (libc === null) return () => true;
  // `struct pollfd`: a descriptor, then two bytes for the requested events and two for those that have occurred.
  const asked = new Int32Array([0, writable]);
  return (descriptor, waitMs) => {
    asked[0] = descriptor;
    return libc.poll(asked, 1, waitMs) > 0;
  };
}

/** Standard error of this process: one for all servers in it. */
export const stderr = new DescriptorSink(2);
