import type { Publication } from "../../../core/publication.ts";
import { storedName } from "../../../sqlite/names.ts";
import { Charges, type Share, type Shares } from "../shares.ts";
import type { Stream } from "../store.ts";
import { type StreamRow, streamCrc } from "./rows.ts";

/** Publications deleted at once, for one stream: under 1 ms. */
export const deleteMax = 1_000;

/** What of a stream a transaction may change, and its failure has to change back. */
type Undo = Pick<SqliteStream, "top" | "first" | "oldest" | "version" | "versionEpoch" | "expiresAt" | "forgetAt">;

/** Reads pieces of streams out of the file. */
export interface StreamRows {
  read(stream: SqliteStream, from: number, to: number, bytesMax: number): Publication[] | null;
  /** The offset with which a page ends that has no more than so many bytes, but at least one publication. */
  endWithin(
    stream: SqliteStream,
    page: { readonly from: number; readonly to: number; readonly bytesMax: number; readonly reverse: boolean },
  ): number;
}

/**
 * A stream of the file as this process knows it: an append needs no read. Times are monotonic milliseconds, so that a
 * clock that is put right does not end a stream.
 */
export class SqliteStream implements Stream {
  readonly channel: string;
  readonly epoch: string;
  readonly id: number;
  top = 0;
  first = 1;
  oldest = 1;
  version = 0;
  versionEpoch = "";
  expiresAt = 0;
  forgetAt = 0;
  /** What the file says of `forgetAt`; reads renew it in memory, and the file follows. */
  storedForgetAt = 0;
  /** False until its row is committed. */
  saved = false;
  /** Who is charged for the stream itself; who published it first, once it has a publication. */
  owner: Share | null = null;
  readonly charges: Charges;
  /** A forgotten stream of the same channel whose row goes when this one's comes. */
  replaces: SqliteStream | null = null;
  readonly #reader: StreamRows;
  #undo: Undo | null = null;

  constructor(channel: string, epoch: string, id: number, { reader, shares }: { reader: StreamRows; shares: Shares }) {
    this.channel = channel;
    this.epoch = epoch;
    this.id = id;
    this.charges = new Charges(shares);
    this.#reader = reader;
  }

  /** Publications that are kept. */
  get count(): number {
    return this.top - this.first + 1;
  }

  read(from: number, to: number, bytesMax: number): Publication[] | null {
    return this.#reader.read(this, from, to, bytesMax);
  }

  readUpTo(from: number, to: number, { bytesMax, reverse }: { bytesMax: number; reverse: boolean }): Publication[] {
    const end =
      bytesMax === Number.POSITIVE_INFINITY ? null : this.#reader.endWithin(this, { from, to, bytesMax, reverse });
    const [first, last] = reverse ? [end ?? from, to] : [from, end ?? to];
    const publications = this.read(first, last, Number.POSITIVE_INFINITY) ?? [];
    return reverse ? publications.reverse() : publications;
  }

  /** Remembers how it is before a transaction changes it; false where that has been done. */
  touch(): boolean {
    if (this.#undo !== null) return false;
    const { top, first, oldest, version, versionEpoch, expiresAt, forgetAt } = this;
    this.#undo = { top, first, oldest, version, versionEpoch, expiresAt, forgetAt };
    return true;
  }

  get touched(): boolean {
    return this.#undo !== null;
  }

  committed(): void {
    this.#undo = null;
    this.saved = true;
    this.charges.keep(this.count);
    this.replaces = null;
    this.storedForgetAt = this.forgetAt;
  }

  rolledBack(): void {
    if (this.#undo !== null) Object.assign(this, this.#undo);
    this.#undo = null;
  }
}

/** The part of a stream's row that does not depend on the clock. */
export function fillFromRow(stream: SqliteStream, row: StreamRow): void {
  stream.top = row.top;
  stream.first = row.first;
  stream.oldest = row.oldest;
  stream.version = row.version;
  stream.versionEpoch = row.version_epoch;
  stream.saved = true;
}

/** The row of a stream, where the wall clock is `shift` ahead of the monotonic one. */
export function rowOf(stream: SqliteStream, shift: number): StreamRow {
  const row = {
    id: stream.id,
    channel: storedName(stream.channel),
    epoch: stream.epoch,
    top: stream.top,
    first: stream.first,
    oldest: stream.oldest,
    version: stream.version,
    version_epoch: stream.versionEpoch,
    expires_at: wholeMs(stream.expiresAt + shift),
    forget_at: wholeMs(stream.forgetAt + shift),
  };
  return { ...row, crc: streamCrc(row) };
}

/** A time as the file can hold it; for ever is very long. */
function wholeMs(ms: number): number {
  return Math.round(Math.min(ms, Number.MAX_SAFE_INTEGER));
}

/** Whether a sweep has something of it to give back or to write down. */
export function isDue(stream: SqliteStream, now: number): boolean {
  if (stream.forgetAt <= now) return true;
  const cleared = stream.expiresAt <= now || stream.first > stream.top;
  if (cleared && stream.oldest <= stream.top) return true;
  if (stream.first - stream.oldest > deleteMax) return true;
  return stream.forgetAt - stream.storedForgetAt > Math.min(60_000, (stream.forgetAt - now) / 16);
}
