import { MessageFile } from "./file.ts";
import { MessageQueue, type MessageQueueOptions } from "./message-queue.ts";
import { PublishLog, type PublishLogOptions, type PublishLogParts } from "./publish-log.ts";

/** Where the file is, and how much of what it keeps. */
export interface MessageStoreOptions {
  /** Created with its folder where it is not there. */
  readonly path: string;
  readonly log: PublishLogOptions;
  readonly queue: MessageQueueOptions;
  /** The largest size of the file in pages of 4 KiB; absent: as large as the disk. */
  readonly pagesMax?: number;
}

/** The push log and the queue for users who are away. */
export interface MessageStore {
  readonly log: PublishLog;
  readonly queue: MessageQueue;
  /** How often the file failed, for a metric; each minute the first failure is a line in the log. */
  failures(): number;
  /** Deletes a few things that are over; to be called every few seconds. */
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
  const queue = new MessageQueue(file, options.queue, parts.clock);
  return {
    log: publishLog,
    queue,
    failures: () => file.failures,
    sweep: () => {
      publishLog.sweep();
      queue.sweep();
    },
    close: () => {
      publishLog.close();
      file.close();
    },
  };
}
