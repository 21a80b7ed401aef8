import type { Publication } from "../../../core/publication.ts";
import { keptSize } from "../kept-size.ts";
import type { SqliteStream } from "./stream.ts";

/** Bytes of all hot streams together; those that were read longest ago go first. */
const bytesMax = 67_108_864;
/** Trimmed publications go when they are so many. */
const trimMin = 64;

/** The end of a stream in memory. */
interface Hot {
  readonly stream: SqliteStream;
  from: number;
  publications: Publication[];
  bytes: number;
}

/** The ends of the streams that were read of late, so that many who recover in one channel cost one read of the file. */
export class HotStreams {
  readonly #hot = new Map<number, Hot>();
  /** What the open transaction appends to them. */
  #appended: { readonly hot: Hot; readonly publication: Publication }[] = [];
  #bytes = 0;

  /** Bytes that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The publications from `from` to `to`, where they are in memory; else null. */
  read(stream: SqliteStream, from: number, to: number): Publication[] | null {
    const hot = this.#hot.get(stream.id);
    if (hot?.stream !== stream || from < hot.from || to >= hot.from + hot.publications.length) return null;
    this.#hot.delete(stream.id);
    this.#hot.set(stream.id, hot);
    return hot.publications.slice(from - hot.from, to - hot.from + 1);
  }

  /** Keeps what was read of the end of a stream. */
  keep(stream: SqliteStream, from: number, publications: readonly Publication[]): void {
    this.forget(stream);
    const bytes = publications.reduce((sum, each) => sum + keptSize(each), 0);
    if (bytes > bytesMax / 4) return;
    this.#hot.set(stream.id, { stream, from, publications: [...publications], bytes });
    this.#bytes += bytes;
    this.#evict();
  }

  has(stream: SqliteStream): boolean {
    return this.#hot.get(stream.id)?.stream === stream;
  }

  /** The open transaction appends the publication. */
  append(stream: SqliteStream, publication: Publication): void {
    const hot = this.#hot.get(stream.id);
    if (hot?.stream === stream) this.#appended.push({ hot, publication });
  }

  committed(): void {
    for (const { hot, publication } of this.#appended) this.#add(hot, publication);
    this.#appended = [];
    this.#evict();
  }

  rolledBack(): void {
    this.#appended = [];
  }

  forget(stream: SqliteStream): void {
    const hot = this.#hot.get(stream.id);
    if (hot === undefined) return;
    this.#bytes -= hot.bytes;
    this.#hot.delete(stream.id);
  }

  #add(hot: Hot, publication: Publication): void {
    if (this.#hot.get(hot.stream.id) !== hot) return;
    if (publication.offset !== hot.from + hot.publications.length) {
      this.forget(hot.stream);
      return;
    }
    hot.publications.push(publication);
    const trimmed = Math.min(hot.stream.first - hot.from, hot.publications.length);
    const gone = trimmed >= trimMin ? hot.publications.splice(0, trimmed) : [];
    hot.from += gone.length;
    const change = keptSize(publication) - gone.reduce((sum, each) => sum + keptSize(each), 0);
    hot.bytes += change;
    this.#bytes += change;
  }

  #evict(): void {
    for (const { stream } of this.#hot.values()) {
      if (this.#bytes <= bytesMax) return;
      this.forget(stream);
    }
  }
}
