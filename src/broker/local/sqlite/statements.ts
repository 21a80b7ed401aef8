import type { Database } from "bun:sqlite";
import { prepareAll } from "../../../sqlite/statements.ts";
import type { PublicationRow, StreamRow } from "./rows.ts";

/** A row of `idempotency_keys`. */
export interface KeyRow {
  readonly id: number;
  readonly channel: string;
  readonly key: string;
  readonly offset: number;
  readonly epoch: string;
  readonly expires_at: number;
  readonly crc: number;
}

/** A row of `orphans`: publications of a stream that is forgotten, from `oldest` to `top`. */
export interface Orphan {
  readonly stream: number;
  readonly oldest: number;
  readonly top: number;
}

/** What a publication counts for in limits, as `publicationSize` has it. */
const rowBytes = ["data", "tags", "user", "client", "conn_info", "chan_info"]
  .map((column) => `coalesce(octet_length(${column}), 0)`)
  .join(" + ");

/** Prepares the statements of the broker's file. */
export function prepare(db: Database) {
  return prepareAll(db, (make) => ({
    countCommit: make<never, [commits: number, at: number]>("UPDATE about SET commits = ?, at = ?"),
    stream: make<StreamRow, [channel: string]>("SELECT * FROM streams WHERE channel = ?"),
    streamsAfter: make<StreamRow, [id: number, limit: number]>(
      "SELECT * FROM streams WHERE id > ? ORDER BY id LIMIT ?",
    ),
    insertStream: make<never, StreamParameters>(
      "INSERT INTO streams VALUES (?1, ?10, ?11, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    ),
    updateStream: make<never, ChangedParameters>(
      "UPDATE streams SET top = ?2, first = ?3, oldest = ?4, version = ?5, version_epoch = ?6, expires_at = ?7, forget_at = ?8, crc = ?9 WHERE id = ?1",
    ),
    deleteStream: make<never, [id: number]>("DELETE FROM streams WHERE id = ?"),
    insert: make<never, PublicationParameters>("INSERT INTO publications VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    range: make<PublicationRow, [stream: number, from: number, to: number]>(
      "SELECT * FROM publications WHERE stream = ? AND offset BETWEEN ? AND ? ORDER BY offset",
    ),
    bytes: make<{ bytes: number | null }, [stream: number, from: number, to: number]>(
      `SELECT sum(${rowBytes}) AS bytes FROM publications WHERE stream = ? AND offset BETWEEN ? AND ?`,
    ),
    lengths: make<{ offset: number; bytes: number }, [stream: number, from: number, to: number]>(
      `SELECT offset, ${rowBytes} AS bytes FROM publications WHERE stream = ? AND offset BETWEEN ? AND ? ORDER BY offset`,
    ),
    deleteBefore: make<never, [stream: number, offset: number]>(
      "DELETE FROM publications WHERE stream = ? AND offset < ?",
    ),
    insertOrphan: make<never, [stream: number, oldest: number, top: number]>("INSERT INTO orphans VALUES (?, ?, ?)"),
    orphan: make<Orphan, []>("SELECT * FROM orphans LIMIT 1"),
    updateOrphan: make<never, [oldest: number, stream: number]>("UPDATE orphans SET oldest = ? WHERE stream = ?"),
    deleteOrphan: make<never, [stream: number]>("DELETE FROM orphans WHERE stream = ?"),
    insertKey: make<never, KeyParameters>("INSERT INTO idempotency_keys VALUES (NULL, ?, ?, ?, ?, ?, ?)"),
    keys: make<KeyRow, [after: number, limit: number]>(
      "SELECT * FROM idempotency_keys WHERE id > ? ORDER BY id LIMIT ?",
    ),
    deleteKeys: make<never, [id: number]>("DELETE FROM idempotency_keys WHERE id <= ?"),
  }));
}

type ChangedParameters = [
  id: number,
  top: number,
  first: number,
  oldest: number,
  version: number,
  version_epoch: string,
  expires_at: number,
  forget_at: number,
  crc: number,
];

type StreamParameters = [...ChangedParameters, channel: string, epoch: string];

/** What of a row changes, in the order of the parameters. */
export function changedParameters(row: StreamRow): ChangedParameters {
  const { id, top, first, oldest, version, version_epoch, expires_at, forget_at, crc } = row;
  return [id, top, first, oldest, version, version_epoch, expires_at, forget_at, crc];
}

type PublicationParameters = [
  stream: number,
  offset: number,
  data: string,
  tags: string | null,
  user: string | null,
  client: string | null,
  conn_info: string | null,
  chan_info: string | null,
  crc: number,
];

type KeyParameters = [channel: string, key: string, offset: number, epoch: string, expires_at: number, crc: number];
export type Statements = ReturnType<typeof prepare>;
