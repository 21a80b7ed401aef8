import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import type { LogSink } from "./log.ts";

/**
 * Writes lines to a file descriptor, each before the call returns. A line that the system does not take (a full disk, a
 * file at its size limit, a reader that has gone) is dropped and counted, and the next one is tried again: writing to
 * `process.stderr` instead keeps such lines in memory and tries them in a loop (measured on Bun 1.4.5).
 */
export class DescriptorSink implements LogSink {
  readonly #descriptor: number;
  readonly #write: typeof writeSync;
  #dropped = 0;
  /** The last thing written is a part of a line: the next line begins on a line of its own. */
  #isCut = false;

  /** `write` is that of `node:fs`, but in tests. */
  constructor(descriptor: number, write = writeSync) {
    this.#descriptor = descriptor;
    this.#write = write;
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
      while (written < bytes.length) written += this.#write(this.#descriptor, bytes, written);
      this.#isCut = false;
    } catch {
      this.#dropped += 1;
      this.#isCut = written === 0 ? this.#isCut : written > lead.length;
    }
  }
}

/** Standard error of this process: one for all servers in it. */
export const stderr = new DescriptorSink(2);
