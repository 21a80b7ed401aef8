import type { Database, Statement } from "bun:sqlite";

/** What may be bound to a statement. */
type Bound = (string | number | Uint8Array | null)[];

/** Prepares one statement; values are bound, never part of its text. */
export type Prepare = ReturnType<typeof preparer>;

/** The statements of a database, and those of its transactions. */
export type Prepared<Own> = Own & ReturnType<typeof transactions> & { finalize(): void };

/** Prepares all statements that a store ever says to its database but at its opening. */
export function prepareAll<Own>(db: Database, own: (prepare: Prepare) => Own): Prepared<Own> {
  const all: Statement<unknown, never>[] = [];
  const prepare = preparer(db, all);
  const finalize = () => {
    for (const statement of all) statement.finalize();
  };
  return { ...own(prepare), ...transactions(prepare), finalize };
}

function preparer(db: Database, all: Statement<unknown, never>[]) {
  return <Row, Parameters extends Bound>(sql: string) => {
    const statement = db.prepare<Row, Parameters>(sql);
    all.push(statement);
    return statement;
  };
}

function transactions(prepare: Prepare) {
  return {
    begin: prepare<never, []>("BEGIN IMMEDIATE"),
    commit: prepare<never, []>("COMMIT"),
    rollback: prepare<never, []>("ROLLBACK"),
  };
}
