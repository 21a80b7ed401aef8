import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { ThrottledLog } from "../core/throttled-log.ts";
import { openFiles, openFilesMax } from "../runtime/open-files.ts";

/** With a smaller share of the files left than this, new connections will soon not be accepted. */
const scarceShare = 0.05;

/** Looks at how many files the process has open, beside how many it may have open. */
export class OpenFilesWatch {
  readonly #log: ThrottledLog;
  /** Read once: asking a shell, where there is no /proc, takes milliseconds. */
  readonly limit = openFilesMax();

  constructor(parts: { readonly clock: Clock; readonly log: Log }) {
    this.#log = new ThrottledLog("files.scarce", parts);
  }

  /** Open files, sockets among them; 0 where the system does not say. */
  get open(): number {
    return openFiles();
  }

  /** Logs, once a minute, that few are left. */
  look(): void {
    const { open, limit } = this;
    if (limit - open < limit * scarceShare) this.#log.add({ open, limit });
  }
}
