import { errors } from "../../core/errors.ts";
import type { Account, HistoryFilter, HistoryOptions, HistoryOutcome, Joined, Since } from "../broker.ts";
import { page, recover } from "./recovery.ts";
import type { Report } from "./report.ts";
import type { Refused, Store, Stream } from "./store.ts";

/** Does the store's work; null where the store failed. */
export type Attempt = <T>(store: Store, work: () => T) => T | null;

/** How a stream is opened. */
interface Opening {
  readonly options: HistoryOptions;
  readonly account: Account | undefined;
}

/** What joiners and readers get of the streams of a store, which may be able to read and not to write. */
export class StreamReader {
  readonly #attempt: Attempt;
  readonly #report: Report;

  constructor(attempt: Attempt, report: Report) {
    this.#attempt = attempt;
    this.#report = report;
  }

  /** Null where the store failed. */
  join(store: Store, channel: string, how: Opening & { since: Since | null }): Joined | Refused | null {
    return (
      this.#attempt(store, () => this.#opened(store, channel, how, (stream) => recover(stream, how.since))) ??
      this.#attempt(store, () => known(store, channel, (stream) => recover(stream, null)))
    );
  }

  page(store: Store, channel: string, options: HistoryOptions, filter: HistoryFilter): HistoryOutcome {
    // Backwards from the very beginning there is nothing that could be meant (Centrifugo's answer).
    if (filter.reverse && filter.since?.offset === 0) return { ok: false, error: errors.badRequest };
    const { account } = filter;
    const found =
      this.#attempt(store, () =>
        this.#opened(store, channel, { options, account }, (stream) => page(stream, filter)),
      ) ?? this.#attempt(store, () => known(store, channel, (stream) => page(stream, filter)));
    if (found === null) return { ok: false, error: errors.internal };
    return "refused" in found ? { ok: false, error: found.refused } : found;
  }

  /** What is read of the stream, begun where there is none. */
  #opened<T>(store: Store, channel: string, { options, account }: Opening, read: (stream: Stream) => T): T | Refused {
    const stream = store.open(channel, options, account);
    if (!("refused" in stream)) return read(stream);
    this.#report.refused(stream.reason, account);
    return stream;
  }
}

/** For a store that cannot open the stream, but may have it all the same. */
function known<T>(store: Store, channel: string, read: (stream: Stream) => T): T | null {
  const stream = store.peek(channel);
  return stream === null ? null : read(stream);
}
