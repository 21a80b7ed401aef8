import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { ThrottledLog } from "../core/throttled-log.ts";
import type { SqliteFileOptions } from "../sqlite/database.ts";
import { StoreFile } from "../sqlite/store-file.ts";
import { prepareTables } from "./schema.ts";
import { type MessageStatements, messageFileStatements } from "./statements.ts";

/** What the file needs of its process. */
export interface MessageFileParts {
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The database of the publish log and the inbox. A write survives the end of the process, also a kill; with `synchronous`
 * normal the last ones may be lost, and the last deletions undone, where the machine loses its power.
 */
export class MessageFile extends StoreFile<MessageStatements> {
  constructor(options: SqliteFileOptions, { clock, log }: MessageFileParts) {
    const { path } = options;
    super(options, {
      clock,
      failures: new ThrottledLog("push.file_failed", { clock, log }),
      prepareTables: (db) => prepareTables(db, path),
      statements: messageFileStatements,
      setAside: (keptAs, reason) => log.error("push.file_damaged", { path, kept_as: keptAs, reason: String(reason) }),
    });
  }

  /** Reports a row that is not as written, of which nothing is used. */
  damagedRow(table: string): void {
    this.failed(new Error(`a row of ${table} is not as written`));
  }
}
