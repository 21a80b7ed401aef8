import { MessageFile } from "./file.ts";
import type { InboxOptions } from "./inbox-options.ts";
import { PublishLog, type PublishLogOptions, type PublishLogParts } from "./publish-log.ts";
import { SqliteInbox } from "./sqlite-inbox.ts";
import type { Waiting } from "./waiting.ts";

/** Where the file is, and how much of what it keeps. */
export interface MessageStoreOptions {
  /** Created with its folder where it is not there. */
  readonly path: string;
  readonly log: PublishLogOptions;
  readonly inbox: InboxOptions;
  /** The largest size of the file in pages of 4 KiB; absent: as large as the disk. */
  readonly pagesMax?: number;
}

/** The publish log and the inbox. */
export interface MessageStore {
  readonly log: PublishLog;
  readonly inbox: SqliteInbox;
  /** The oldest messages that wait; null where the file fails. */
  waiting(limit: number): Waiting | null;
  /** How often the file failed, for a metric; each minute the first failure is a line in the log. */
  failures(): number;
  /** Deletes a few entries that are over; to be called every few seconds. The inbox has a sweep of its own. */
  sweep(): void;
  /** Writes what waits and closes the file. What comes later is not kept. */
  close(): void;
}

/**
 * Opens the file of both, or makes it; one that is damaged is set aside with a line in the log. Throws where none can be
 * had: another process has it, a later version wrote it, it may not be written.
 */
export function createMessageStore(options: MessageStoreOptions, parts: PublishLogParts): MessageStore {
  const { path, pagesMax } = options;
  const file = new MessageFile({ path, synchronous: "normal", ...(pagesMax !== undefined && { pagesMax }) }, parts);
  const publishLog = new PublishLog(file, options.log, parts);
  const inbox = new SqliteInbox(file, options.inbox, parts.clock);
  return {
    log: publishLog,
    inbox,
    waiting: (limit) => inbox.waiting(limit),
    failures: () => file.failures,
    sweep: () => publishLog.sweep(),
    close: () => {
      publishLog.close();
      file.close();
    },
  };
}
