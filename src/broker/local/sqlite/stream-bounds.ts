import { keptBytes } from "../kept-size.ts";
import { isOverShare, type Share, Shares, type StoreBounds } from "../shares.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import type { SqliteStream } from "./stream.ts";

/** Streams without a publication that are looked at in one sweep. */
const sweepSize = 256;

/** What the streams of a file take, and for whom. What a transaction has charged is given back where it fails. */
export class StreamBounds {
  readonly streamsMax: number;
  readonly shares: Shares;
  /** Streams without a publication, which have no row yet, the one used least lately first: they are the first to go. */
  readonly begun = new Map<string, SqliteStream>();
  readonly #file: SqliteFile;
  readonly #bytesMax: number;
  readonly #pageSize: number;
  #charged: { readonly stream: SqliteStream; readonly share: Share | null; readonly bytes: number }[] = [];
  /** Bytes of the file in use when that was measured, and bytes appended since. */
  #measuredBytes = 0;
  #appendedBytes = 0;

  constructor(file: SqliteFile, bounds: StoreBounds) {
    this.#file = file;
    this.#bytesMax = bounds.bytesMax;
    this.#pageSize = file.number("SELECT page_size AS n FROM pragma_page_size");
    this.streamsMax = bounds.streamsMax;
    this.shares = new Shares(bounds);
    this.measure();
  }

  /** Looks at how much of the file is in use: what was appended since is estimated. */
  measure(): void {
    const sql = "SELECT page_count - freelist_count AS n FROM pragma_page_count, pragma_freelist_count";
    this.#measuredBytes = this.#file.number(sql) * this.#pageSize;
    this.#appendedBytes = 0;
  }

  /** Whether a publication of so many bytes is too much: for its account, or for the file. Null: it is not. */
  fault(
    stream: SqliteStream | null,
    { share, bytes, size }: { share: Share | null; bytes: number; size: number },
  ): "share" | "bound" | null {
    const isFull = stream !== null && stream.count >= size;
    if (share !== null && isOverShare(share, stream, { bytes, isFull })) return "share";
    if (this.#measuredBytes + this.#appendedBytes + bytes <= this.#bytesMax) return null;
    const oldest = isFull ? this.#oldestOf(stream) : 0;
    return bytes <= oldest ? null : "bound";
  }

  #oldestOf({ id, first }: SqliteStream): number {
    return keptBytes + (this.#file.statements.bytes.get(id, first, first)?.bytes ?? 0);
  }

  setOwner(stream: SqliteStream, share: Share | null): void {
    if (stream.owner === share) return;
    this.shares.charge(stream.owner, -1, 0);
    this.shares.charge(share, 1, 0);
    stream.owner = share;
  }

  /** Charges a publication that the open transaction appends. */
  charge(stream: SqliteStream, share: Share | null, bytes: number): void {
    this.shares.charge(share, 0, bytes);
    this.#appendedBytes += bytes;
    this.#charged.push({ stream, share, bytes });
  }

  committed(): void {
    for (const { stream, share, bytes } of this.#charged) stream.charges.add(share, bytes);
    this.#charged = [];
  }

  rolledBack(): void {
    for (const { share, bytes } of this.#charged) this.shares.charge(share, 0, -bytes);
    this.#charged = [];
  }

  /** The stream is gone, with all that was kept of it. */
  release(stream: SqliteStream): void {
    this.setOwner(stream, null);
    stream.charges.keep(0);
  }

  /** The stream without a publication that is there at this moment. */
  liveBegun(channel: string, now: number): SqliteStream | null {
    const stream = this.begun.get(channel);
    if (stream === undefined || stream.forgetAt > now) return stream ?? null;
    this.endBegun(stream);
    return null;
  }

  /** It was used: others go before it. */
  renewBegun(stream: SqliteStream): void {
    if (this.begun.delete(stream.channel)) this.begun.set(stream.channel, stream);
  }

  endBegun(stream: SqliteStream): void {
    this.begun.delete(stream.channel);
    this.setOwner(stream, null);
  }

  sweep(now: number): void {
    let left = sweepSize;
    for (const stream of this.begun.values()) {
      if (left-- === 0) return;
      if (stream.forgetAt <= now) this.endBegun(stream);
    }
  }
}
