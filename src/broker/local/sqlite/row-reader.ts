import type { Publication } from "../../../core/publication.ts";
import { publicationsSize } from "../../../core/publication-size.ts";
import { DamageError } from "../../../sqlite/damage.ts";
import { HotStreams } from "./hot-streams.ts";
import { publicationOfRow } from "./rows.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import type { SqliteStream, StreamRows } from "./stream.ts";

/** Reads publications of one file. Lengths are asked for first, for that reads no payload: what is too much is not read. */
export class RowReader implements StreamRows {
  readonly #file: SqliteFile;
  /** What is in memory of the file. */
  readonly hot = new HotStreams();

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  read(stream: SqliteStream, from: number, to: number, bytesMax: number): Publication[] | null {
    const hot = this.hot.read(stream, from, to);
    if (hot !== null) return publicationsSize(hot) > bytesMax ? null : hot;
    const read = this.#readRows(stream, { from, to, bytesMax });
    if (read !== null && to === stream.top) this.hot.keep(stream, from, read);
    return read;
  }

  #readRows(
    stream: SqliteStream,
    { from, to, bytesMax }: { from: number; to: number; bytesMax: number },
  ): Publication[] | null {
    const { range, bytes } = this.#file.statements;
    if (bytesMax < Number.POSITIVE_INFINITY && (bytes.get(stream.id, from, to)?.bytes ?? 0) > bytesMax) return null;
    const rows = range.all(stream.id, from, to);
    if (rows.length !== to - from + 1) throw new DamageError("publications are missing");
    return rows.map((row, index) => publicationOfRow(row, from + index, stream.epoch));
  }

  endWithin(stream: SqliteStream, { from, to, bytesMax, reverse }: Parameters<StreamRows["endWithin"]>[1]): number {
    const lengths = this.#file.statements.lengths.all(stream.id, from, to);
    if (reverse) lengths.reverse();
    let sum = 0;
    let end = reverse ? to : from;
    for (const [index, { offset, bytes }] of lengths.entries()) {
      sum += bytes;
      if (sum > bytesMax && index > 0) return end;
      end = offset;
    }
    return end;
  }
}
