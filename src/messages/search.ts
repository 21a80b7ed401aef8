import * as v from "valibot";
import { type LogRow, loggedName } from "./log-row.ts";
import type { Statements } from "./statements.ts";

/** Which entries of the push log are meant: those to which all that is given applies. */
export interface PublishLogFilter {
  readonly user?: string | undefined;
  readonly channel?: string | undefined;
  readonly method?: string | undefined;
  /** The name of an API key; "" for what was delivered later. */
  readonly key?: string | undefined;
  readonly outcome?: string | undefined;
  /** The id of a message. */
  readonly id?: string | undefined;
  /** Both in milliseconds since 1970, and both inclusive. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Entries of one page, from 1 to 1,000; default 100. */
  readonly limit?: number | undefined;
  /** What the page before gave: entries older than its last. */
  readonly cursor?: string | undefined;
  /** Where a page after each entry begins is given too. */
  readonly withCursors?: boolean;
}

const text = v.optional(v.string());
const number = v.optional(v.number());

/** A filter as another node or process sends it. */
export const sentFilter = v.object({
  user: text,
  channel: text,
  method: text,
  key: text,
  outcome: text,
  id: text,
  since: number,
  until: number,
  limit: number,
  cursor: text,
});

/** Rows as they were read, and where the next page begins; null where there is none. */
export interface Page {
  readonly rows: readonly LogRow[];
  readonly cursor: string | null;
}

/** Entries looked at in one turn of the event loop: about 2 ms on Bun 1.4.5. */
const sliceSize = 20_000;
/** Entries of one page where none are asked for. */
export const limitDefault = 100;
/** Entries of one page at the most. */
export const limitMax = 1_000;

/** What a page gives as its cursor. */
export const cursorPattern = /^[0-9a-z]{1,10}$/;

/** One way through the log, from its newest entry or from a cursor down, slice by slice. */
export class Search {
  readonly #filter: PublishLogFilter;
  readonly #limit: number;
  readonly #read: (work: (statements: Statements) => boolean) => boolean | null;
  readonly #rows: LogRow[] = [];
  /** The highest id that was not looked at yet; null before the first slice of a search from the newest. */
  #from: number | null;

  /** `read` gives what its work gives, or null where the file failed. */
  constructor(filter: PublishLogFilter, read: (work: (statements: Statements) => boolean) => boolean | null) {
    const { cursor, limit = limitDefault } = filter;
    this.#filter = filter;
    this.#limit = Math.min(Math.max(Math.trunc(limit) || limitDefault, 1), limitMax);
    this.#read = read;
    this.#from = cursor === undefined ? null : cursorPattern.test(cursor) ? Number.parseInt(cursor, 36) - 1 : 0;
  }

  /** Looks at one slice; true where the page is full or nothing is left. */
  over(): boolean {
    // A file that fails ends the search with what was found.
    return this.#read((statements) => this.#slice(statements)) ?? true;
  }

  page(): Page {
    const more = this.#rows.length > this.#limit;
    const rows = this.#rows.slice(0, this.#limit);
    return { rows, cursor: more ? (rows.at(-1)?.id ?? 0).toString(36) : null };
  }

  #slice(statements: Statements): boolean {
    const first = statements.firstEntry.get()?.id ?? 1;
    const from = Math.min(this.#from ?? Number.MAX_SAFE_INTEGER, statements.lastEntry.get()?.id ?? 0);
    if (from < first) return true;
    const to = Math.max(from - sliceSize + 1, first);
    const { user, channel, method, key, outcome, id, since = 0, until = Number.MAX_SAFE_INTEGER } = this.#filter;
    const found = statements.entries.all(
      to,
      from,
      stored(user),
      stored(channel),
      method ?? null,
      stored(key),
      outcome ?? null,
      id ?? null,
      since,
      until,
      // One more than is asked for shows whether there is another page.
      this.#limit + 1 - this.#rows.length,
    );
    this.#rows.push(...found);
    this.#from = to - 1;
    if (this.#rows.length > this.#limit || to === first) return true;
    // Entries are all but sorted by time: where a whole slice is too old, the ones before it are too.
    return since > 0 && (statements.newestTime.get(to, from)?.time ?? 0) < since;
  }
}

function stored(name: string | undefined): string | null {
  return name === undefined ? null : loggedName(name);
}
