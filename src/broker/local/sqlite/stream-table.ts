import type { Clock } from "../../../core/clock.ts";
import type { Random } from "../../../core/random.ts";
import { DamageError } from "../../../sqlite/damage.ts";
import { nameOf, storedName } from "../../../sqlite/names.ts";
import type { Share, StoreBounds } from "../shares.ts";
import { type Refused, refusedBy } from "../store.ts";
import { RowReader } from "./row-reader.ts";
import { checkStreamRow, type StreamRow } from "./rows.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import { changedParameters, type Orphan } from "./statements.ts";
import { deleteMax, fillFromRow, isDue, rowOf, SqliteStream } from "./stream.ts";
import { StreamBounds } from "./stream-bounds.ts";

/** Trimmed publications stay until they are so many, or a quarter of the stream: one delete is dearer than its rows. */
const trimMin = 16;
/** Streams looked at to find one that keeps no publication: about 1 ms. */
const sampleSize = 64;
/** Where that has found none, it is not done again for so many milliseconds: every new name at the bound asks for it. */
const sampleIntervalMs = 20;
/** Streams looked at in one sweep. */
const sweepSize = 256;
/** Publications deleted in one sweep: about 5 ms. */
const sweepDeleteMax = 5_000;

/** The streams of one file: those that were asked for are kept in memory, and changed together with their rows. */
export class StreamTable {
  readonly #file: SqliteFile;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly bounds: StreamBounds;
  readonly reader: RowReader;
  readonly #known = new Map<string, SqliteStream>();
  /** Streams that get a row with the open transaction. */
  #created = 0;
  /** What the open transaction changes, and whose rows it takes away. */
  #touched: SqliteStream[] = [];
  #removed: SqliteStream[] = [];
  #count: number;
  #nextId: number;
  /** Where the next sample and the next sweep begin. */
  #sampleHand = 0;
  #nextSampleAt = Number.NEGATIVE_INFINITY;
  #sweepHand = 0;

  constructor(file: SqliteFile, clock: Clock, random: Random, bounds: StoreBounds) {
    this.#file = file;
    this.#clock = clock;
    this.#random = random;
    this.bounds = new StreamBounds(file, bounds);
    this.reader = new RowReader(file);
    this.#count = file.number("SELECT count(*) AS n FROM streams");
    // The publications of a forgotten stream may still be there: its id is not given again.
    const ids = ["SELECT max(id) AS n FROM streams", "SELECT max(stream) AS n FROM publications"];
    this.#nextId = Math.max(...ids.map((sql) => file.number(sql))) + 1;
  }

  /** The stream as it is at this moment; null where there is none, or it is forgotten. */
  live(channel: string, now: number): SqliteStream | null {
    const begun = this.bounds.liveBegun(channel, now);
    if (begun !== null) return begun;
    const stream = this.#known.get(channel) ?? this.#load(channel, now);
    if (stream === null || stream.forgetAt <= now) return null;
    if (stream.expiresAt <= now && stream.count > 0) {
      stream.first = stream.top + 1;
      stream.charges.keep(0);
    }
    return stream;
  }

  /** A new stream without a publication, where `live` has found none: in memory alone. */
  begin(channel: string, share: Share | null): SqliteStream | Refused {
    if (share !== null && share.streams >= share.streamsMax) return refusedBy("share");
    if (!this.#hasRoom()) return refusedBy("bound");
    const stream = this.#make(channel, this.#random.epoch(), this.#nextId++);
    this.bounds.setOwner(stream, share);
    this.bounds.begun.set(channel, stream);
    return stream;
  }

  /** Why the draft cannot be kept; null where it can. Inside of the transaction that is to append it. */
  refusal(stream: SqliteStream | null, asked: Parameters<StreamBounds["fault"]>[1]): Refused | null {
    const fault = this.bounds.fault(stream, asked);
    if (fault !== null) return refusedBy(fault);
    return stream === null && !this.#hasRoom() ? refusedBy("bound") : null;
  }

  /**
   * The stream that gets its first publication: new, or begun before. Inside of a transaction that touches it, and brings
   * its row.
   */
  create(channel: string, share: Share | null): SqliteStream {
    // One that is forgotten may have a row: it goes when this one's comes.
    const forgotten = this.#known.get(channel) ?? this.#load(channel, this.#clock.monotonic());
    if (forgotten?.saved === false) return forgotten;
    const stream = this.bounds.begun.get(channel) ?? this.#make(channel, this.#random.epoch(), this.#nextId++);
    this.bounds.begun.delete(channel);
    stream.replaces = forgotten;
    this.bounds.setOwner(stream, share);
    this.#known.set(channel, stream);
    this.#created++;
    return stream;
  }

  /** One of the next streams that keep no publication; null where none is found, or none was a moment ago. */
  emptyOne(): SqliteStream | null {
    const now = this.#clock.monotonic();
    if (now < this.#nextSampleAt) return null;
    const { streamsAfter } = this.#file.statements;
    let rows = streamsAfter.all(this.#sampleHand, sampleSize);
    if (rows.length === 0) rows = streamsAfter.all(0, sampleSize);
    this.#sampleHand = rows.at(-1)?.id ?? 0;
    for (const row of rows) {
      const stream = this.#ofRow(row, now);
      if (stream !== null && !stream.touched && (stream.count === 0 || stream.expiresAt <= now)) return stream;
    }
    this.#nextSampleAt = now + sampleIntervalMs;
    return null;
  }

  /** Removes the row of a stream that keeps no publication, inside of a transaction. */
  makeRoom(empty: SqliteStream | null): void {
    if (empty !== null) this.#remove(empty);
  }

  /** To be called before the open transaction changes the stream. */
  touch(stream: SqliteStream): void {
    if (stream.touch()) this.#touched.push(stream);
  }

  /** Writes the rows of what was touched, at the end of the transaction. */
  write(): void {
    for (const stream of this.#touched) {
      if (stream.saved) this.#update(stream);
      else this.#insert(stream);
    }
  }

  committed(): void {
    this.bounds.committed();
    this.reader.hot.committed();
    for (const stream of this.#touched) stream.committed();
    for (const stream of this.#removed) {
      if (this.#known.get(stream.channel) === stream) this.#known.delete(stream.channel);
      this.bounds.release(stream);
      this.reader.hot.forget(stream);
    }
    this.#count += this.#created - this.#removed.length;
    this.#settled();
  }

  rolledBack(): void {
    for (const stream of [...this.#touched, ...this.#removed]) stream.rolledBack();
    this.bounds.rolledBack();
    this.reader.hot.rolledBack();
    for (const stream of this.#touched) {
      if (stream.saved) continue;
      // A client may have its epoch. What it was to replace is found in the file again.
      this.#known.delete(stream.channel);
      this.bounds.begun.set(stream.channel, stream);
    }
    this.#settled();
  }

  /** Streams with something to be given back or written down, among the next few. */
  due(now: number): SqliteStream[] {
    const rows = this.#file.statements.streamsAfter.all(this.#sweepHand, sweepSize);
    this.#sweepHand = rows.length < sweepSize ? 0 : (rows.at(-1)?.id ?? 0);
    const due: SqliteStream[] = [];
    for (const row of rows) {
      const stream = this.#ofRow(row, now);
      if (stream !== null && isDue(stream, now)) due.push(stream);
    }
    return due;
  }

  /** Gives back what is over, inside of a transaction. */
  expire(streams: readonly SqliteStream[], now: number): void {
    let left = sweepDeleteMax;
    for (const stream of streams) {
      if (left <= 0) return;
      const forgotten = stream.forgetAt <= now;
      if (!forgotten) this.touch(stream);
      if (forgotten || stream.expiresAt <= now) stream.first = stream.top + 1;
      left -= Math.min(stream.first - stream.oldest, deleteMax);
      if (forgotten) this.#remove(stream);
    }
  }

  /** Publications that a forgotten stream has left behind; null where there are none. */
  orphan(): Orphan | null {
    return this.#file.statements.orphan.get();
  }

  /** Deletes as many of them as may go at once, inside of a transaction. */
  deleteOrphan({ stream, oldest, top }: Orphan): void {
    const { deleteBefore, updateOrphan, deleteOrphan } = this.#file.statements;
    const before = Math.min(oldest + deleteMax, top + 1);
    deleteBefore.run(stream, before);
    if (before > top) deleteOrphan.run(stream);
    else updateOrphan.run(before, stream);
  }

  /** Writes down what reads have renewed, inside of a transaction that is the last one. */
  touchRenewed(): void {
    for (const stream of this.#known.values()) {
      if (stream.saved && stream.forgetAt !== stream.storedForgetAt) this.touch(stream);
    }
  }

  #load(channel: string, now: number): SqliteStream | null {
    const row = this.#file.statements.stream.get(storedName(channel));
    if (row === null) return null;
    const stream = this.#fromRow(row, now);
    if (stream.channel !== channel) throw new DamageError("a stream that is another channel's");
    this.#known.set(channel, stream);
    return stream;
  }

  #fromRow(row: StreamRow, now: number): SqliteStream {
    checkStreamRow(row);
    const stream = this.#make(nameOf(row.channel), row.epoch, row.id);
    fillFromRow(stream, row);
    const shift = now - this.#file.time();
    stream.expiresAt = row.expires_at + shift;
    stream.forgetAt = row.forget_at + shift;
    stream.storedForgetAt = stream.forgetAt;
    return stream;
  }

  /** What is known of a row; null where the row is about to be replaced. */
  #ofRow(row: StreamRow, now: number): SqliteStream | null {
    const known = this.#known.get(nameOf(row.channel));
    if (known === undefined) return this.#fromRow(row, now);
    return known.id === row.id ? known : null;
  }

  #make(channel: string, epoch: string, id: number): SqliteStream {
    return new SqliteStream(channel, epoch, id, { reader: this.reader, shares: this.bounds.shares });
  }

  #insert(stream: SqliteStream): void {
    if (stream.replaces !== null) this.#remove(stream.replaces);
    const row = this.#rowOf(stream);
    this.#file.statements.insertStream.run(...changedParameters(row), row.channel, row.epoch);
  }

  #update(stream: SqliteStream): void {
    const trimmed = stream.first - stream.oldest;
    if (stream.first > stream.top || trimmed >= Math.max(trimMin, (stream.top - stream.first) >> 2)) {
      this.#deleteTrimmed(stream);
    }
    this.#file.statements.updateStream.run(...changedParameters(this.#rowOf(stream)));
  }

  #rowOf(stream: SqliteStream): StreamRow {
    return rowOf(stream, this.#file.time() - this.#clock.monotonic());
  }

  /** Whether one more stream may begin. For it goes one without a publication, or one that keeps none any more. */
  #hasRoom(): boolean {
    const { streamsMax, begun } = this.bounds;
    if (this.#streams() < streamsMax) return true;
    const [first] = begun.values();
    if (first !== undefined) this.bounds.endBegun(first);
    else if (this.#file.inTransaction) this.makeRoom(this.emptyOne());
    return this.#streams() < streamsMax;
  }

  /** Takes the row away, and of its publications as many as may go at once. */
  #remove(stream: SqliteStream): void {
    stream.touch();
    this.#removed.push(stream);
    this.#file.statements.deleteStream.run(stream.id);
    stream.first = stream.top + 1;
    this.#deleteTrimmed(stream);
    if (stream.oldest <= stream.top) this.#file.statements.insertOrphan.run(stream.id, stream.oldest, stream.top);
  }

  #deleteTrimmed(stream: SqliteStream): void {
    const before = Math.min(stream.first, stream.oldest + deleteMax);
    if (before > stream.oldest) this.#file.statements.deleteBefore.run(stream.id, before);
    stream.oldest = before;
  }

  /** Streams, as the open transaction sees them. */
  #streams(): number {
    return this.#count + this.#created - this.#removed.length + this.bounds.begun.size;
  }

  #settled(): void {
    this.#touched = [];
    this.#removed = [];
    this.#created = 0;
  }
}
