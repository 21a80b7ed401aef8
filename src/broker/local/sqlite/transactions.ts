import type { Database } from "bun:sqlite";
import type { Log } from "../../../core/log.ts";
import { prepare, type Statements } from "./statements.ts";
import type { Witness } from "./witness.ts";

/** A database that was found whole, or has just been made: its statements, and transactions that are counted. */
export class SqliteFile {
  readonly statements: Statements;
  readonly #db: Database;
  readonly #witness: Witness;
  readonly #log: Log;
  #commits: number;
  #witnessed = true;

  constructor(db: Database, witness: Witness, commits: number, log: Log) {
    this.#db = db;
    this.#witness = witness;
    this.#commits = commits;
    this.#log = log;
    this.statements = prepare(db);
    this.#testify();
  }

  begin(): void {
    this.statements.begin.run();
  }

  commit(): void {
    this.statements.countCommit.run(this.#commits + 1);
    this.statements.commit.run();
    this.#commits++;
    this.#testify();
  }

  /** Does nothing outside of a transaction, as after those errors on which SQLite rolls back by itself. */
  rollback(): void {
    if (this.#db.inTransaction) this.statements.rollback.run();
  }

  /** The number that a query of one number gives; 0 where it gives none. */
  number(sql: string): number {
    return this.#db.query<{ n: number | null }, []>(sql).get()?.n ?? 0;
  }

  close(): void {
    this.#witness.close();
    this.statements.finalize();
    this.#db.close();
  }

  /** What is committed is committed, whatever becomes of the witness: one that lags behind proves less, and nothing false. */
  #testify(): void {
    try {
      this.#witness.saw(this.#commits);
      this.#witnessed = true;
    } catch (error) {
      if (this.#witnessed) this.#log.warn("broker.no_witness", { error: String(error) });
      this.#witnessed = false;
    }
  }
}
