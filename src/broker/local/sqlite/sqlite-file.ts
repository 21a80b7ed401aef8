import type { Database } from "bun:sqlite";
import type { Clock } from "../../../core/clock.ts";
import type { Log } from "../../../core/log.ts";
import type { Random } from "../../../core/random.ts";
import type { WatermarkFile } from "./commit-watermark.ts";
import type { About } from "./schema.ts";
import { prepare, type Statements } from "./statements.ts";

/** What a file needs of its process. */
export interface SqliteFileParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** A database that was found whole, or has just been made: its statements, and transactions that are counted. */
export class SqliteFile {
  readonly statements: Statements;
  readonly #db: Database;
  readonly #watermark: WatermarkFile;
  readonly #log: Log;
  readonly #clock: Clock;
  /** How far the wall clock has been put back since the last commit, or since commits of another process. */
  #lagMs = 0;
  #commits: number;
  #at: number;
  #isMarked = true;

  constructor(
    db: Database,
    watermark: WatermarkFile,
    { commits, at }: Pick<About, "commits" | "at">,
    parts: SqliteFileParts,
  ) {
    this.#db = db;
    this.#watermark = watermark;
    this.#commits = commits;
    this.#at = at;
    this.#log = parts.log;
    this.#clock = parts.clock;
    this.statements = prepare(db);
    this.#mark();
  }

  /** Milliseconds since 1970 by which rows are dated. It never goes back, so that no time to live grows. */
  time(): number {
    const time = this.#clock.wall() + this.#lagMs;
    if (time >= this.#at) return time;
    this.#lagMs += this.#at - time;
    return this.#at;
  }

  begin(): void {
    this.statements.begin.run();
  }

  commit(): void {
    this.#at = Math.round(this.time());
    this.statements.countCommit.run(this.#commits + 1, this.#at);
    this.statements.commit.run();
    this.#commits++;
    this.#mark();
  }

  /** Does nothing outside of a transaction, as after those errors on which SQLite rolls back by itself. */
  rollback(): void {
    if (this.#db.inTransaction) this.statements.rollback.run();
  }

  get inTransaction(): boolean {
    return this.#db.inTransaction;
  }

  /** The number that a query of one number gives; 0 where it gives none. */
  number(sql: string): number {
    return this.#db.query<{ n: number | null }, []>(sql).get()?.n ?? 0;
  }

  close(): void {
    this.#watermark.close();
    this.statements.finalize();
    this.#db.close();
  }

  /** What is committed is committed, whatever becomes of the witness: one that lags behind proves less, and nothing false. */
  #mark(): void {
    try {
      this.#watermark.saw(this.#commits);
      this.#isMarked = true;
    } catch (error) {
      if (this.#isMarked) this.#log.warn("broker.no_witness", { error: String(error) });
      this.#isMarked = false;
    }
  }
}
