import type { Log } from "../../src/core/log.ts";
import { createLog, type LogOptions } from "../../src/runtime/log.ts";
import { LogLines } from "./log-lines.ts";

/** The real log, written into memory. */
export class CapturedLog extends LogLines {
  readonly log: Log;

  constructor(level: LogOptions["level"] = "debug") {
    super();
    this.log = createLog({ level, format: "json" }, { write: (text) => this.add(text) });
  }
}
