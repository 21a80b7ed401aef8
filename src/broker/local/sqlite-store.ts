import type { Clock } from "../../core/clock.ts";
import { isDamage } from "../../sqlite/damage.ts";
import type { SqliteFileOptions } from "../../sqlite/database.ts";
import { HeldFile } from "../../sqlite/held-file.ts";
import type { FileLock } from "../../sqlite/lock.ts";
import type { Account, Draft, HistoryOptions } from "../broker.ts";
import { keptSize } from "./kept-size.ts";
import { publicationOf } from "./publication.ts";
import type { StoreBounds } from "./shares.ts";
import { KeyLog } from "./sqlite/key-log.ts";
import { openSqliteFile } from "./sqlite/open-file.ts";
import { publicationOfRow, publicationRow } from "./sqlite/rows.ts";
import type { SqliteFile, SqliteFileParts } from "./sqlite/sqlite-file.ts";
import { StreamTable } from "./sqlite/stream-table.ts";
import type { Appended, KeptKey, Refused, Store, Stream } from "./store.ts";
import { isStale, keepVersion } from "./version.ts";

/** A store in one SQLite file. */
export interface SqliteStoreOptions extends SqliteFileOptions {
  /** Channels with a stream. Default 200,000. */
  readonly streamsMax?: number;
  /** Bytes of the file that are in use. Default 10 GiB. */
  readonly bytesMax?: number;
  /** Called when a damaged file was replaced: every position in it is lost, and subscribers may be notified at once. */
  readonly replaced?: () => void;
}

const failures = { open: "broker.file_not_opened", "set aside": "broker.file_not_set_aside" };

/** One file with what is known of it. */
interface Opened {
  readonly file: SqliteFile;
  readonly streams: StreamTable;
  readonly keys: KeyLog;
}

/**
 * Streams in an SQLite file, which outlive the process. Synchronous on the main thread: a group of 64 is about 0.3 ms
 * with its sync, less than a message to another thread and back would keep it waiting under load.
 */
export class SqliteStore implements Store {
  readonly grouped = true;
  readonly #options: SqliteStoreOptions;
  readonly #parts: SqliteFileParts;
  readonly #clock: Clock;
  readonly #file: HeldFile<Opened>;
  readonly #bounds: StoreBounds;
  #closed = false;
  /** The open transaction could not be rolled back: the file has to be opened again. */
  #stuck = false;
  #isMissing = false;

  /** Throws where the file cannot be had: see `HeldFile`. */
  constructor(options: SqliteStoreOptions, parts: SqliteFileParts) {
    const { path } = options;
    this.#options = options;
    this.#parts = parts;
    this.#clock = parts.clock;
    const { streamsMax = 200_000, bytesMax = 10_737_418_240 } = options;
    this.#bounds = { streamsMax, bytesMax };
    this.#file = new HeldFile(path, {
      clock: parts.clock,
      open: (lock) => this.#open(lock),
      close: ({ file }) => file.close(),
      setAside: (keptAs, reason) =>
        parts.log.error("broker.file_damaged", { path, kept_as: keptAs, reason: String(reason) }),
      failed: (step, error) => parts.log.error(failures[step], { error: String(error) }),
    });
  }

  begin(): void {
    this.#use().file.begin();
  }

  commit(): void {
    const { file, streams } = this.#use();
    streams.write();
    file.commit();
    streams.committed();
  }

  rollback(): void {
    if (!this.#file.isOpen) return;
    const { file, streams } = this.#use();
    try {
      file.rollback();
    } catch {
      this.#stuck = true;
    }
    streams.rolledBack();
  }

  append(draft: Draft, options: HistoryOptions): Appended {
    const { file, streams } = this.#use();
    const now = this.#clock.monotonic();
    const known = streams.live(draft.channel, now);
    const stale = known !== null && isStale(known, draft);
    const share = streams.bounds.shares.of(draft.account);
    const bytes = keptSize(draft);
    const refused = stale ? null : streams.refusal(known, { share, bytes, size: options.size });
    if (refused !== null) return refused;
    const stream = known?.saved === true ? known : streams.create(draft.channel, share);
    streams.touch(stream);
    stream.expiresAt = now + options.ttl;
    stream.forgetAt = now + options.metaTtl;
    if (stale) return { stale: { offset: stream.top, epoch: stream.epoch } };
    keepVersion(stream, draft);
    streams.bounds.charge(stream, share, bytes);
    const publication = publicationOf(draft, stream.top + 1, stream.epoch, stream.count === 0);
    const row = publicationRow(stream.id, publication);
    const { offset, data, tags, user, client, conn_info, chan_info, crc } = row;
    file.statements.insert.run(stream.id, offset, data, tags, user, client, conn_info, chan_info, crc);
    if (streams.reader.hot.has(stream)) {
      streams.reader.hot.append(stream, publicationOfRow(row, offset, stream.epoch));
    }
    stream.top = offset;
    stream.first = Math.max(stream.first, offset - options.size + 1);
    return publication;
  }

  open(channel: string, options: HistoryOptions, account?: Account): Stream | Refused {
    const { streams } = this.#use();
    const now = this.#clock.monotonic();
    const share = streams.bounds.shares.of(account);
    const begin = () => streams.begin(channel, share);
    let stream = streams.live(channel, now) ?? begin();
    const empty = "refused" in stream && stream.reason === "bound" ? streams.emptyOne() : null;
    if (empty !== null) {
      stream = this.#transaction(() => {
        streams.makeRoom(empty);
        return begin();
      });
    }
    if ("refused" in stream) return stream;
    streams.bounds.renewBegun(stream);
    stream.forgetAt = now + options.metaTtl;
    return stream;
  }

  peek(channel: string): Stream | null {
    return this.#use().streams.live(channel, this.#clock.monotonic());
  }

  clear(channel: string): void {
    const { streams } = this.#use();
    const stream = streams.live(channel, this.#clock.monotonic());
    if (stream === null || stream.first > stream.top) return;
    this.#transaction(() => {
      streams.touch(stream);
      stream.first = stream.top + 1;
    });
  }

  keepKey(kept: KeptKey): void {
    this.#use().keys.append(kept);
  }

  keys(): readonly KeptKey[] {
    return this.#use().keys.read();
  }

  failed(error: unknown): boolean {
    if (this.#closed) return false;
    if (isDamage(error)) return this.#replace(error);
    return !this.#file.isOpen || this.#stuck ? this.#reopen() : false;
  }

  sweep(): void {
    this.#lookForFile();
    const { streams, keys } = this.#use();
    const now = this.#clock.monotonic();
    streams.bounds.measure();
    streams.bounds.sweep(now);
    const due = streams.due(now);
    const dueKeys = keys.due();
    const orphan = streams.orphan();
    if (due.length === 0 && dueKeys === 0 && orphan === null) return;
    this.#transaction(() => {
      streams.expire(due, now);
      if (orphan !== null) streams.deleteOrphan(orphan);
      if (dueKeys > 0) keys.deleteUpTo(dueKeys);
    });
  }

  close(): void {
    if (this.#closed) return;
    try {
      const { streams } = this.#use();
      this.#transaction(() => streams.touchRenewed());
    } catch {
      // What reads have renewed is then a little older in the file, and nothing else.
      this.rollback();
    }
    this.#closed = true;
    this.#file.close();
  }

  #transaction<Result>(work: () => Result): Result {
    this.begin();
    const result = work();
    this.commit();
    return result;
  }

  /** The process still writes to a file that was moved or removed; at the next start the file is missing. */
  #lookForFile(): void {
    const isMissing = !this.#file.isInPlace;
    if (isMissing && !this.#isMissing) this.#parts.log.error("broker.file_missing", { path: this.#options.path });
    this.#isMissing = isMissing;
  }

  #use(): Opened {
    return this.#file.use();
  }

  #open(lock: FileLock): Opened {
    const { clock, random } = this.#parts;
    const file = openSqliteFile(this.#options, lock, this.#parts);
    try {
      const streams = new StreamTable(file, clock, random, this.#bounds);
      return { file, streams, keys: new KeyLog(file) };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  #replace(reason: unknown): boolean {
    this.#stuck = false;
    const replaced = this.#file.replace(reason);
    if (replaced) this.#options.replaced?.();
    return replaced;
  }

  #reopen(): boolean {
    this.#stuck = false;
    return this.#file.reopen();
  }
}
