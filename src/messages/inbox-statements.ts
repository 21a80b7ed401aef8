import type { Prepare } from "../sqlite/statements.ts";
import type { MessageRow } from "./message-row.ts";

/** What is read of a message without its data. */
export interface MessageHead {
  readonly id: number;
  readonly user: string;
  readonly message: string;
  readonly until: string;
  readonly per: string;
  readonly complete: number;
  readonly bytes: number;
}

/** A message that waits, without its data. */
type WaitingRow = Pick<MessageHead, "id" | "user" | "message" | "until" | "per" | "bytes"> & {
  readonly expires_at: number;
};

type FoundRow = MessageRow & { readonly id: number };

const head = "id, user, message, until, per, complete, length(data) AS bytes";

/** Whether a message `m` is owed to the device ?2 at the time ?3. */
const isOwed =
  "m.expires_at > ?3 AND (m.per <> 'device' OR NOT EXISTS (SELECT 1 FROM settled WHERE message = m.id AND device = ?2))";

/** Whether all known devices of its user have settled a message. */
const isComplete =
  "NOT EXISTS (SELECT 1 FROM devices WHERE devices.user = messages.user AND NOT EXISTS (SELECT 1 FROM settled WHERE settled.message = messages.id AND settled.device = devices.device))";

/** The statements of the inbox. Ids of messages are given as one JSON array. */
export function inboxStatements(make: Prepare) {
  return { ...messageStatements(make), ...deviceStatements(make) };
}

function messageStatements(make: Prepare) {
  return {
    insertMessage: make<never, MessageParameters>("INSERT INTO messages VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?)"),
    lastMessage: make<{ id: number | null }, []>("SELECT max(id) AS id FROM messages"),
    messageCount: make<{ n: number }, []>("SELECT count(*) AS n FROM messages"),
    anyMessageOf: make<{ id: number }, [user: string]>("SELECT id FROM messages WHERE user = ? LIMIT 1"),
    /** Messages of a user that are kept, and of those the ones that are still owed to a known device. */
    messageCountsOf: make<{ kept: number; owed: number }, [user: string]>(
      "SELECT count(*) AS kept, count(*) FILTER (WHERE complete = 0) AS owed FROM messages WHERE user = ?",
    ),
    /** The oldest, up to the one with which they have so many bytes; lengths are read without what they measure. */
    owedAfter: make<FoundRow, [user: string, device: string, now: number, after: number, bytes: number]>(
      `SELECT * FROM messages WHERE id IN (SELECT id FROM (SELECT m.id, sum(length(m.data) + 128) OVER (ORDER BY m.id) - length(m.data) - 128 AS before FROM messages m WHERE m.user = ?1 AND m.id > ?4 AND ${isOwed}) WHERE before < ?5) ORDER BY id`,
    ),
    owedOf: make<FoundRow, [user: string, device: string, now: number, ids: string]>(
      `SELECT * FROM messages m WHERE m.user = ?1 AND m.message IN (SELECT value FROM json_each(?4)) AND ${isOwed} ORDER BY m.id`,
    ),
    headsOf: make<MessageHead, [user: string, ids: string]>(
      `SELECT ${head} FROM messages WHERE user = ? AND until <> '' AND message IN (SELECT value FROM json_each(?))`,
    ),
    oldestWaiting: make<WaitingRow, [now: number, limit: number]>(
      `SELECT ${head}, expires_at FROM messages WHERE complete = 0 AND expires_at > ? ORDER BY id LIMIT ?`,
    ),
    deleteMessage: make<never, [id: number]>("DELETE FROM messages WHERE id = ?"),
    deleteExpiredOf: make<MessageHead, [user: string, now: number]>(
      `DELETE FROM messages WHERE user = ? AND expires_at <= ? RETURNING ${head}`,
    ),
    anyExpired: make<{ id: number }, [now: number]>("SELECT id FROM messages WHERE expires_at <= ? LIMIT 1"),
    deleteExpired: make<MessageHead, [now: number, limit: number]>(
      `DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE expires_at <= ? ORDER BY expires_at LIMIT ?) RETURNING ${head}`,
    ),
    deleteComplete: make<never, [limit: number]>(
      "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE complete = 1 ORDER BY id LIMIT ?)",
    ),
    deleteCompleteOf: make<never, [user: string]>(
      "DELETE FROM messages WHERE id = (SELECT min(id) FROM messages WHERE user = ? AND complete = 1)",
    ),
  };
}

function deviceStatements(make: Prepare) {
  return {
    useDevice: make<never, [user: string, device: string, usedAt: number]>(
      "INSERT INTO devices VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET used_at = excluded.used_at",
    ),
    devicesOf: make<{ device: string }, [user: string]>("SELECT device FROM devices WHERE user = ? ORDER BY used_at"),
    forgetDevice: make<never, [user: string, device: string]>("DELETE FROM devices WHERE user = ? AND device = ?"),
    anyUnused: make<{ device: string }, [usedAt: number]>("SELECT device FROM devices WHERE used_at < ? LIMIT 1"),
    forgetUnused: make<never, [usedAt: number, limit: number]>(
      "DELETE FROM devices WHERE (user, device) IN (SELECT user, device FROM devices WHERE used_at < ? ORDER BY used_at LIMIT ?)",
    ),
    settle: make<never, [id: number, device: string]>("INSERT OR IGNORE INTO settled VALUES (?, ?)"),
    unsettle: make<never, [user: string, device: string]>(
      "DELETE FROM settled WHERE message IN (SELECT id FROM messages WHERE user = ? AND per = 'device') AND device = ?",
    ),
    complete: make<never, [id: number]>(`UPDATE messages SET complete = 1 WHERE id = ? AND ${isComplete}`),
    /** After a device was forgotten: what it alone had not settled is complete now. */
    completeOf: make<never, [user: string]>(
      `UPDATE messages SET complete = 1 WHERE user = ? AND per = 'device' AND complete = 0 AND EXISTS (SELECT 1 FROM settled WHERE settled.message = messages.id) AND ${isComplete}`,
    ),
  };
}

type MessageParameters = [
  id: number,
  user: string,
  message: string,
  until: string,
  per: string,
  expires_at: number,
  kind: string,
  data: Uint8Array,
  crc: number,
];
