import { PushFile } from "./file.ts";
import { PushLog, type PushLogOptions, type PushLogParts } from "./log.ts";
import { PushQueue, type PushQueueOptions } from "./queue.ts";

/** Where the file is, and how much of what it keeps. */
export interface PushStoreOptions {
  /** Created with its folder where it is not there. */
  readonly path: string;
  readonly log: PushLogOptions;
  readonly queue: PushQueueOptions;
  /** The largest size of the file in pages of 4 KiB; absent: as large as the disk. */
  readonly pagesMax?: number;
}

/** The push log and the queue for users who are away. */
export interface PushStore {
  readonly log: PushLog;
  readonly queue: PushQueue;
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
export function createPushStore(options: PushStoreOptions, parts: PushLogParts): PushStore {
  const { path, pagesMax } = options;
  const file = new PushFile({ path, synchronous: "normal", ...(pagesMax !== undefined && { pagesMax }) }, parts);
  const pushLog = new PushLog(file, options.log, parts);
  const queue = new PushQueue(file, options.queue, parts.clock);
  return {
    log: pushLog,
    queue,
    failures: () => file.failures,
    sweep: () => {
      pushLog.sweep();
      queue.sweep();
    },
    close: () => {
      pushLog.close();
      file.close();
    },
  };
}
