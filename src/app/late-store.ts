import { existsSync } from "node:fs";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";

/** How often it is tried to open a file that could not be opened, in milliseconds. */
const retryInterval = 10_000;

/** What opens the store of messages. */
export interface LateStoreParts<Store> {
  readonly clock: Clock;
  readonly log: Log;
  path(): string;
  /** Throws where the file cannot be had. */
  open(): Store;
}

/** The store of messages, which is opened when there is something to keep. */
export class LateStore<Store> {
  readonly #parts: LateStoreParts<Store>;
  #opened: Store | null = null;
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: LateStoreParts<Store>) {
    this.#parts = parts;
  }

  get opened(): Store | null {
    return this.#opened;
  }

  /**
   * Opens a store that is needed from the start, and one whose file is there: messages of an earlier process may wait in it.
   * Another process of this folder may have that file, which is no fault before there is something to keep.
   *
   * @throws where it is needed and cannot be had
   */
  start(isNeeded: boolean): void {
    const { path, open } = this.#parts;
    if (isNeeded) {
      this.#opened = open();
      return;
    }
    if (!existsSync(path())) return;
    try {
      this.#opened = open();
    } catch {
      // It is opened when it is needed.
    }
  }

  /** The store, opened now where it is not open; null where it cannot be had. */
  needed(): Store | null {
    this.#opened ??= this.#attempt();
    return this.#opened;
  }

  /** Opens it anew; the caller has closed what was open. */
  reopen(): void {
    this.#opened = null;
    this.#triedAt = Number.NEGATIVE_INFINITY;
    this.needed();
  }

  #attempt(): Store | null {
    const { clock, log, path, open } = this.#parts;
    if (clock.monotonic() - this.#triedAt < retryInterval) return null;
    this.#triedAt = clock.monotonic();
    try {
      return open();
    } catch (error) {
      log.warn("push.file_not_opened", { path: path(), error: String(error) });
      return null;
    }
  }
}
