import type { Clock } from "../core/clock.ts";
import type { Log, LogFields } from "../core/log.ts";
import type { Warning } from "./shown.ts";

/** Lines that are kept. */
const linesMax = 200;
/** Characters of a value that are kept. */
const valueMax = 256;

/** The last warnings of a log, kept while the console is enabled. */
export class RecentWarnings {
  readonly #clock: Pick<Clock, "wall">;
  readonly #lines: Warning[] = [];
  #number = 0;

  constructor(clock: Pick<Clock, "wall">) {
    this.#clock = clock;
  }

  /** Oldest first; those after a number. */
  after(number: number): readonly Warning[] {
    return this.#lines.filter((line) => line.number > number);
  }

  /** The same log, whose warnings are kept too. */
  keep(log: Log): Log {
    const kept = (level: Warning["level"]) => (event: string, fields?: LogFields) => {
      this.#add(level, event, fields ?? {});
      log[level](event, fields);
    };
    return { ...log, warn: kept("warn"), error: kept("error") };
  }

  #add(level: Warning["level"], event: string, fields: LogFields): void {
    this.#number += 1;
    const short = Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "string" ? value.slice(0, valueMax) : value,
    ]);
    const line = { number: this.#number, time: this.#clock.wall(), level, event, fields: Object.fromEntries(short) };
    this.#lines.push(line);
    if (this.#lines.length > linesMax) this.#lines.shift();
  }
}
