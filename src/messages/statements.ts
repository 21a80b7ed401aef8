import type { Database } from "bun:sqlite";
import { type Prepare, prepareAll } from "../sqlite/statements.ts";
import type { LogParameters, LogRow } from "./log-row.ts";

/** A row of `messages`: `data` are the bytes, or the UTF-8 of the text. */
export interface MessageRow {
  readonly user: string;
  readonly kind: string;
  readonly data: Uint8Array;
  readonly expires_at: number;
  readonly crc: number;
}

/** A row of `answers`. */
export interface AnswerRow {
  readonly key: string;
  readonly answer: string;
  readonly expires_at: number;
  readonly crc: number;
}

/** Prepares the statements of the messages' file. */
export function prepare(db: Database) {
  return prepareAll(db, (make) => ({ ...logStatements(make), ...queueStatements(make) }));
}

function logStatements(make: Prepare) {
  return {
    insertEntry: make<never, LogParameters>("INSERT INTO log VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    /** Two single reads of an end of the table: both in one statement would be a scan. */
    firstEntry: make<{ id: number; time: number }, []>("SELECT id, time FROM log ORDER BY id LIMIT 1"),
    lastEntry: make<{ id: number }, []>("SELECT id FROM log ORDER BY id DESC LIMIT 1"),
    entries: make<LogRow, SearchParameters>(
      "SELECT * FROM log WHERE id BETWEEN ?1 AND ?2 AND (?3 IS NULL OR user = ?3) AND (?4 IS NULL OR channel = ?4) AND (?5 IS NULL OR method = ?5) AND (?6 IS NULL OR key = ?6) AND (?7 IS NULL OR outcome = ?7) AND time BETWEEN ?8 AND ?9 ORDER BY id DESC LIMIT ?10",
    ),
    newestTime: make<{ time: number | null }, [from: number, to: number]>(
      "SELECT max(time) AS time FROM log WHERE id BETWEEN ? AND ?",
    ),
    deleteEntries: make<never, [id: number]>("DELETE FROM log WHERE id <= ?"),
    deleteOldEntries: make<never, [id: number, time: number]>("DELETE FROM log WHERE id <= ? AND time < ?"),
  };
}

function queueStatements(make: Prepare) {
  return {
    insertMessage: make<never, [user: string, kind: string, data: Uint8Array, expires_at: number, crc: number]>(
      "INSERT INTO messages VALUES (NULL, ?, ?, ?, ?, ?)",
    ),
    messageCount: make<{ n: number }, []>("SELECT count(*) AS n FROM messages"),
    messageCountOf: make<{ n: number }, [user: string]>("SELECT count(*) AS n FROM messages WHERE user = ?"),
    /** The oldest, up to the one with which they have so many bytes; lengths are read without what they measure. */
    messagesOf: make<MessageRow & { readonly id: number }, [user: string, bytes: number]>(
      "SELECT * FROM messages WHERE user = ?1 AND id <= (SELECT max(id) FROM (SELECT id, sum(length(data)) OVER (ORDER BY id) - length(data) AS before FROM messages WHERE user = ?1) WHERE before < ?2) ORDER BY id",
    ),
    deleteMessagesOf: make<never, [user: string, lastId: number]>("DELETE FROM messages WHERE user = ? AND id <= ?"),
    deleteExpiredOf: make<never, [user: string, time: number]>(
      "DELETE FROM messages WHERE user = ? AND expires_at <= ?",
    ),
    deleteExpired: make<never, [time: number, limit: number]>(
      "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)",
    ),
    answer: make<AnswerRow, [key: string]>("SELECT * FROM answers WHERE key = ?"),
    insertAnswer: make<never, [key: string, answer: string, expires_at: number, crc: number]>(
      "INSERT INTO answers VALUES (NULL, ?, ?, ?, ?)",
    ),
    firstAnswer: make<{ id: number }, []>("SELECT id FROM answers ORDER BY id LIMIT 1"),
    lastAnswer: make<{ id: number }, []>("SELECT id FROM answers ORDER BY id DESC LIMIT 1"),
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
  since: number,
  until: number,
  limit: number,
];

export type Statements = ReturnType<typeof prepare>;
