import type { Prepare, Prepared } from "../sqlite/statements.ts";
import { inboxStatements } from "./inbox-statements.ts";
import type { LogParameters, LogRow } from "./log-row.ts";

/** A row of `answers`. */
export interface AnswerRow {
  readonly key: string;
  readonly answer: string;
  readonly expires_at: number;
  readonly crc: number;
}

/** Prepares the statements of the messages' file. */
export function messageFileStatements(make: Prepare) {
  return { ...logStatements(make), ...inboxStatements(make), ...answerStatements(make) };
}

function logStatements(make: Prepare) {
  return {
    insertEntry: make<never, LogParameters>(
      "INSERT INTO log VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    /** Two single reads of an end of the table: both in one statement would be a scan. */
    firstEntry: make<{ id: number; time: number }, []>("SELECT id, time FROM log ORDER BY id LIMIT 1"),
    lastEntry: make<{ id: number }, []>("SELECT id FROM log ORDER BY id DESC LIMIT 1"),
    entries: make<LogRow, SearchParameters>(
      "SELECT * FROM log WHERE id BETWEEN ?1 AND ?2 AND (?3 IS NULL OR user = ?3) AND (?4 IS NULL OR channel = ?4) AND (?5 IS NULL OR method = ?5) AND (?6 IS NULL OR key = ?6) AND (?7 IS NULL OR outcome = ?7) AND (?8 IS NULL OR message = ?8) AND time BETWEEN ?9 AND ?10 ORDER BY id DESC LIMIT ?11",
    ),
    newestTime: make<{ time: number | null }, [from: number, to: number]>(
      "SELECT max(time) AS time FROM log WHERE id BETWEEN ? AND ?",
    ),
    deleteEntries: make<never, [id: number]>("DELETE FROM log WHERE id <= ?"),
    deleteOldEntries: make<never, [id: number, time: number]>("DELETE FROM log WHERE id <= ? AND time < ?"),
  };
}

function answerStatements(make: Prepare) {
  return {
    answer: make<AnswerRow, [key: string]>("SELECT * FROM answers WHERE key = ?"),
    insertAnswer: make<never, [key: string, answer: string, expires_at: number, crc: number]>(
      "INSERT INTO answers VALUES (NULL, ?, ?, ?, ?)",
    ),
    firstAnswer: make<{ id: number }, []>("SELECT id FROM answers ORDER BY id LIMIT 1"),
    lastAnswer: make<{ id: number }, []>("SELECT id FROM answers ORDER BY id DESC LIMIT 1"),
    /** The oldest one decides: answers are kept for the same time. */
    anyExpiredAnswer: make<{ id: number }, [time: number]>(
      "SELECT id FROM (SELECT id, expires_at FROM answers ORDER BY id LIMIT 1) WHERE expires_at <= ?",
    ),
    deleteAnswer: make<never, [key: string]>("DELETE FROM answers WHERE key = ?"),
    deleteExpiredAnswers: make<never, [limit: number, time: number]>(
      "DELETE FROM answers WHERE id IN (SELECT id FROM answers ORDER BY id LIMIT ?) AND expires_at <= ?",
    ),
  };
}

type SearchParameters = [
  from: number,
  to: number,
  user: string | null,
  channel: string | null,
  method: string | null,
  key: string | null,
  outcome: string | null,
  message: string | null,
  since: number,
  until: number,
  limit: number,
];

export type MessageStatements = ReturnType<typeof messageFileStatements>;
export type Statements = Prepared<MessageStatements>;
