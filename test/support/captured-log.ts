import { createLog, type LogOptions } from "../../src/runtime/log.ts";
import { patience } from "./patience.ts";

/** One line of the log, parsed. */
export type LogLine = Readonly<Record<string, unknown>>;

interface Listener {
  readonly isMeant: (line: LogLine) => boolean;
  readonly hear: (line: LogLine) => void;
}

/** The real log, written into memory: every line must be JSON, or the write fails where it happens. */
export class CapturedLog {
  /** Every line so far, as it was written. */
  readonly text: string[] = [];
  /** Every line so far, parsed. */
  readonly lines: LogLine[] = [];
  readonly log: ReturnType<typeof createLog>;
  readonly #listeners = new Set<Listener>();
  readonly #taken = new WeakSet<LogLine>();

  constructor(level: LogOptions["level"] = "debug") {
    this.log = createLog({ level, format: "json" }, { write: (text) => this.#write(text) });
  }

  /**
   * The next line of this event that was not asked for yet, now or when it is written; `fields` narrows it down to lines
   * with these values.
   */
  next(event: string, fields: LogLine = {}): Promise<LogLine> {
    const isMeant = (line: LogLine) =>
      line["event"] === event && Object.entries(fields).every(([name, value]) => line[name] === value);
    const found = this.lines.find((line) => isMeant(line) && !this.#taken.has(line));
    if (found) {
      this.#taken.add(found);
      return Promise.resolve(found);
    }
    const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
    const timer = setTimeout(() => {
      const written = this.text.slice(-40).join("");
      reject(new Error(`No ${event} ${JSON.stringify(fields)} was logged in ${patience} ms. Written:\n${written}`));
    }, patience);
    const listener: Listener = {
      isMeant,
      hear: (line) => {
        this.#listeners.delete(listener);
        clearTimeout(timer);
        resolve(line);
      },
    };
    this.#listeners.add(listener);
    return promise;
  }

  /** How many lines of this event there are so far. */
  count(event: string): number {
    return this.lines.filter((line) => line["event"] === event).length;
  }

  #write(text: string): void {
    const line: LogLine = JSON.parse(text);
    this.text.push(text);
    this.lines.push(line);
    const listener = [...this.#listeners].find(({ isMeant }) => isMeant(line));
    if (!listener) return;
    this.#taken.add(line);
    listener.hear(line);
  }
}
