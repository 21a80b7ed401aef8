import type { Clock } from "../../core/clock.ts";
import type { Position } from "../../core/publication.ts";
import type { Random } from "../../core/random.ts";
import { createRecent, type Recent } from "../../core/recent.ts";
import type { HistoryOptions } from "../broker.ts";
import type { Appended, Entry, Range, StreamRead } from "../remote/engine.ts";
import type { StreamRecord } from "./record.ts";
import type { StoredRecord, StreamStore, Write, Written } from "./stream-store.ts";
import { isOutdated, markOf, type Present, recordOf, standing, type Tail, tailOf, timeLeft } from "./tail.ts";

/** Channels whose tails are remembered, at least. */
const tailsMax = 20_000;

/** What streams work with. */
export interface StreamsPorts {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * The streams of channels, each a chain of records in a subject: a record is stored only behind the one that its writer
 * knows, so that no offset is given twice. What is asked throws where it is not answered before `until`, in monotonic
 * milliseconds.
 */
export class Streams {
  readonly #store: StreamStore;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #tails: Recent<Tail | null>;

  constructor(store: StreamStore, { clock, random }: StreamsPorts) {
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
    this.#tails = createRecent(tailsMax);
  }

  /** Keeps the key of a publish that is not kept itself; false where it is kept already. */
  keep(key: string, timeout: number): Promise<boolean> {
    return this.#store.keepResult(key, { offset: 0, epoch: "" }, timeout);
  }

  /** A record of a channel has arrived. */
  heard(channel: string, record: StoredRecord): void {
    const known = this.#tails.get(channel);
    if (!known || known.seq < record.seq) this.#tails.set(channel, tailOf(record));
  }

  /** Appends entries of one channel with one record; one with a key or a version comes alone. */
  async append(channel: string, entries: readonly Entry[], until: number): Promise<readonly Appended[]> {
    const [first] = entries;
    const history = first?.history;
    if (!first || !history) return [];
    await this.#store.makeRoom(history.size);
    for (let last = await this.#known(channel); ; last = await this.#last(channel)) {
      const tail = standing(last, history, this.#present);
      if (isOutdated(first, tail)) return [{ position: positionOf(tail), isNew: false }];
      const isFirst = tail === null || timeLeft(tail, history, this.#present) <= 0;
      const epoch = this.#random.epoch();
      const record = recordOf(entries, tail, { epoch, isFirst, generation: this.#store.generation });
      const lifetime = Math.max(history.metaTtl, history.ttl * history.size);
      const write = { channel, record, after: last?.seq ?? 0, isBegin: tail === null, key: first.key, lifetime };
      const written = await this.#write(write, until);
      if (written === "conflict") continue;
      if (first.key === "") return appendedOf(record);
      return [await this.#keyed(first.key, { isDuplicate: written.isDuplicate, record, tail }, until)];
    }
  }

  /** Reads a stream, begins it where there is none, and renews it where it is half way to its end. */
  async read(channel: string, options: HistoryOptions, range: Range, until: number): Promise<StreamRead> {
    const known = this.#tails.get(channel) ?? null;
    const tail = await this.#opened(channel, options, until);
    const left = timeLeft(tail, options, this.#present);
    const from = Math.max(
      range.epoch !== "" && range.epoch !== tail.epoch ? 1 : range.from,
      tail.top - options.size + 1,
    );
    const to = Math.min(range.to ?? tail.top, tail.top);
    const isNothing = left <= 0 || from > to || range.limit === 0;
    const found = isNothing ? [] : await this.#entries(channel, { tail, known, from, to }, until);
    if (range.reverse) found.reverse();
    const entries = range.limit === null ? found : found.slice(0, range.limit);
    return { epoch: tail.epoch, top: tail.top, ttl: left > 0 ? left : Number.POSITIVE_INFINITY, entries };
  }

  /** The positions of streams; null for one that is not there. */
  async tops(channels: readonly string[]): Promise<(Position | null)[]> {
    const { generation } = this.#store;
    const tails = await Promise.all(channels.map((channel) => this.#last(channel)));
    return tails.map((tail) =>
      tail && tail.epoch !== "" && tail.generation === generation ? { epoch: tail.epoch, offset: tail.top } : null,
    );
  }

  /** Forgets the publications, and publishes `notice`. */
  remove(channel: string, notice: string, until: number): Promise<void> {
    return this.#mark(channel, until, (tail) => {
      const mark = markOf({ ...tail, keptAt: 0 });
      return { head: { ...mark.head, x: true }, bodies: [notice] };
    });
  }

  /** Ends a stream that still has this epoch. */
  renew(channel: string, epoch: string, until: number): Promise<void> {
    return this.#mark(channel, until, (tail) => (tail.epoch === epoch ? { head: { e: "", o: 0 }, bodies: [] } : null));
  }

  get #present(): Present {
    return { generation: this.#store.generation, now: this.#clock.wall() };
  }

  /** What became of a publish with a key; a known one whose result is gone has the top position. */
  async #keyed(
    key: string,
    { isDuplicate, record, tail }: { isDuplicate: boolean; record: StreamRecord; tail: Tail | null },
    until: number,
  ): Promise<Appended> {
    if (isDuplicate) return { position: (await this.#store.resultOf(key)) ?? positionOf(tail), isNew: false };
    const position = { offset: record.head.o, epoch: record.head.e };
    // It is stored, and its key with it: only the result for a second attempt is lost here.
    await this.#store.keepResult(key, position, Math.max(1, until - this.#clock.monotonic())).catch(() => false);
    return { position, isNew: true, ...(record.head.f && { isFirstKept: true as const }) };
  }

  async #known(channel: string): Promise<Tail | null> {
    return this.#tails.get(channel) ?? (await this.#last(channel));
  }

  async #last(channel: string): Promise<Tail | null> {
    const stored = await this.#store.last(channel);
    const tail = stored && tailOf(stored);
    this.#tails.set(channel, tail);
    return tail;
  }

  async #write(write: Write, until: number): Promise<Written> {
    const left = until - this.#clock.monotonic();
    if (left <= 0) throw new Error("the time for an answer is over");
    const { channel, record } = write;
    const written = await this.#store.write(write, left);
    if (written !== "conflict" && !written.isDuplicate)
      this.#tails.set(channel, tailOf({ ...record, seq: written.seq, storedAt: this.#clock.wall() }));
    return written;
  }

  /** Stores what `recordOf` makes of the present stream, behind it and in its place; nothing where it makes none. */
  async #mark(channel: string, until: number, recordOf: (tail: Tail) => StreamRecord | null): Promise<void> {
    for (;;) {
      const tail = await this.#last(channel);
      if (tail === null || tail.epoch === "" || tail.generation !== this.#store.generation) return;
      const record = recordOf(tail);
      if (record === null) return;
      const lifetime = markLifetime;
      const write = { channel, record, after: tail.seq, isBegin: true, key: "", lifetime };
      if ((await this.#write(write, until)) !== "conflict") return;
    }
  }

  async #opened(channel: string, options: HistoryOptions, until: number): Promise<Tail> {
    for (;;) {
      const last = await this.#last(channel);
      const tail = standing(last, options, this.#present);
      if (tail !== null && this.#clock.wall() - tail.storedAt < options.metaTtl / 2) return tail;
      const { generation } = this.#store;
      const fresh = { epoch: this.#random.epoch(), top: 0, generation, version: 0, versionEpoch: "", keptAt: 0 };
      const record = markOf(tail ?? fresh);
      const lifetime = options.metaTtl;
      const isBegin = tail === null;
      const written = await this.#write({ channel, record, after: last?.seq ?? 0, isBegin, key: "", lifetime }, until);
      if (written !== "conflict") return tailOf({ ...record, seq: written.seq, storedAt: this.#clock.wall() });
    }
  }

  /** The publications from one offset to another. What a follower of the servers does not have yet is asked again. */
  async #entries(
    channel: string,
    { tail, known, from, to }: { tail: Tail; known: Tail | null; from: number; to: number },
    until: number,
  ) {
    const begin = known && known.epoch === tail.epoch && known.top < from ? known.seq : 0;
    for (;;) {
      const records = await this.#store.after(channel, begin, tail.seq);
      if (records.at(-1)?.seq === tail.seq) return entriesOf(records, tail.epoch, from, to);
      if (this.#clock.monotonic() > until) throw new Error("the servers do not have what they have acknowledged");
    }
  }
}

/** The time that a mark without options stays: 30 days, the default of `channel.history_meta_ttl`. */
const markLifetime = 2_592_000_000;

function positionOf(tail: Tail | null): Position {
  return { offset: tail?.top ?? 0, epoch: tail?.epoch ?? "" };
}

function appendedOf({ head, bodies }: StreamRecord): Appended[] {
  return bodies.map((_, index) => ({
    position: { offset: head.o - bodies.length + 1 + index, epoch: head.e },
    isNew: true,
    ...(head.f && index === 0 && { isFirstKept: true as const }),
  }));
}

function entriesOf(records: readonly StoredRecord[], epoch: string, from: number, to: number) {
  return records
    .filter(({ head }) => head.e === epoch && !head.x)
    .flatMap(({ head, bodies }) => bodies.map((body, index) => ({ offset: head.o - bodies.length + 1 + index, body })))
    .filter(({ offset }) => from <= offset && offset <= to);
}
