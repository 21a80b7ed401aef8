import { patience } from "./patience.ts";

/** One line of a log, parsed. */
export type LogLine = Readonly<Record<string, unknown>>;

interface Listener {
  readonly isMeant: (line: LogLine) => boolean;
  readonly hear: (line: LogLine) => void;
}

/** The lines of a log as they are written, to be looked through and waited for. */
export class LogLines {
  /** Every line so far, as it was written. */
  readonly text: string[] = [];
  /** Every line so far, parsed. */
  readonly lines: LogLine[] = [];
  readonly #listeners = new Set<Listener>();
  readonly #taken = new WeakSet<LogLine>();

  /** Takes one line; one that is no JSON fails here. */
  add(text: string): void {
    const line: LogLine = JSON.parse(text);
    this.text.push(text);
    this.lines.push(line);
    const listener = [...this.#listeners].find(({ isMeant }) => isMeant(line));
    if (!listener) return;
    this.#taken.add(line);
    listener.hear(line);
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
      const written = this.text.slice(-15).join("\n");
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
}
