import type { Clock } from "../../core/clock.ts";
import type { Log, LogFields } from "../../core/log.ts";
import type { Account } from "../broker.ts";

/** What a local broker has counted since it was built. */
export interface LocalBrokerCounts {
  /** Groups committed, and the publications in them. */
  commits: number;
  committed: number;
  /** Groups that could not be committed. */
  failedCommits: number;
  /** Commits that took longer than 100 ms. */
  slowCommits: number;
  /** Publications that `deliver` threw on, and answers whose callback threw. */
  poisoned: number;
  /** Publications and streams that were refused: over the share of an account (106), over a bound of the server (100). */
  overShare: number;
  overBound: number;
  /** Keyed publishes that were refused because no more keys can be remembered (106). */
  overKeys: number;
}

const counted = { share: "overShare", bound: "overBound", keys: "overKeys" } as const;

const nothingRefused = { overShare: 0, overBound: 0, overKeys: 0 };

/** The whole process waits while the disk syncs: longer ones are logged. */
const slowCommitMs = 100;
/** One line a second is enough to know that something is wrong with every publication. */
const lineIntervalMs = 1_000;

/** What there is to say of a local broker's work: plain counters, and lines in the log that cannot flood it. */
export class Report {
  readonly counts: LocalBrokerCounts = {
    commits: 0,
    committed: 0,
    failedCommits: 0,
    slowCommits: 0,
    poisoned: 0,
    ...nothingRefused,
  };
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #lastLineAt = new Map<string, number>();
  #failing = false;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  poisoned(channel: string, error: unknown): void {
    this.counts.poisoned++;
    this.#line("broker.poisoned", { channel, error: String(error), poisoned: this.counts.poisoned });
  }

  refused(reason: "share" | "bound" | "keys", account: Account | undefined): void {
    this.counts[counted[reason]]++;
    const { overShare, overBound, overKeys } = this.counts;
    const counts = { over_share: overShare, over_bound: overBound, over_keys: overKeys };
    this.#line("broker.refused", { reason, account: account?.id, ...counts });
  }

  storeFailed(error: unknown): void {
    this.#line("broker.store_failed", { error: String(error) });
  }

  commit(ok: boolean, publications: number, ms: number): void {
    if (ok) this.#committed(publications);
    else this.counts.failedCommits++;
    this.#failing = !ok;
    if (ms <= slowCommitMs) return;
    this.counts.slowCommits++;
    this.#log.warn("broker.slow_commit", { ms: Math.round(ms), publications });
  }

  #committed(publications: number): void {
    this.counts.commits++;
    this.counts.committed += publications;
    if (this.#failing) this.#log.info("broker.store_healed", { failed_commits: this.counts.failedCommits });
  }

  #line(event: string, fields: LogFields): void {
    const now = this.#clock.monotonic();
    const last = this.#lastLineAt.get(event);
    if (last !== undefined && now - last < lineIntervalMs) return;
    this.#lastLineAt.set(event, now);
    this.#log.error(event, fields);
  }
}
