import type { Clock } from "../core/clock.ts";
import { nameOf, storedName } from "../sqlite/names.ts";
import type { MessageFile } from "./file.ts";
import { IdempotencyResults } from "./idempotency-results.ts";
import type {
  AppendOutcome,
  Device,
  EndedMessage,
  Inbox,
  NewMessage,
  OwedMessage,
  Recalled,
  RememberOutcome,
  Take,
  Until,
} from "./inbox.ts";
import {
  bytesMax,
  type InboxOptions,
  messagesMaxDefault,
  positionsPerMs,
  resultsMaxDefault,
  sweepMax,
} from "./inbox-options.ts";
import type { MessageHead } from "./inbox-statements.ts";
import { MessageCount } from "./message-count.ts";
import { type MessageRow, messageOf, messageRow } from "./message-row.ts";
import type { Statements } from "./statements.ts";
import type { Waiting } from "./waiting.ts";

/** Devices of one user. */
const devicesMax = 16;

/** The inbox in a file of SQLite: a message is in it before it is acknowledged. Nothing here throws. */
export class SqliteInbox implements Inbox {
  readonly #file: MessageFile;
  readonly #options: InboxOptions;
  readonly #clock: Clock;
  readonly #results: IdempotencyResults;
  #appended: (user: string) => void = () => {};
  /** The last position, or time of use, that was given. */
  #last = 0;
  /** What has expired and was removed to make room; the next sweep returns it. */
  #expired: EndedMessage[] = [];
  readonly #count = new MessageCount();

  constructor(file: MessageFile, options: InboxOptions, clock: Clock) {
    this.#file = file;
    this.#options = options;
    this.#clock = clock;
    this.#results = new IdempotencyResults(file, clock, options.resultsMax ?? resultsMaxDefault);
  }

  listen(appended: (user: string) => void): void {
    this.#appended = appended;
  }

  append(message: NewMessage): AppendOutcome {
    const now = this.#clock.wall();
    const row = messageRow(message, Math.floor(Math.min(message.expiresAt, now + this.#options.ttl)));
    if (row.data.byteLength > bytesMax) return "too_large";
    if (!(row.expires_at > now)) return "expired";
    const expired: EndedMessage[] = [];
    const outcome = this.#write<AppendOutcome>((statements) => {
      expired.splice(0, expired.length, ...this.#ended(statements, statements.deleteExpiredOf.all(row.user, now)));
      const { remember } = message;
      if (remember !== undefined && this.#results.isKnown(statements, remember.key)) return "answered";
      if (!this.#hasRoom(statements, row.user)) return "limit";
      if (remember && this.#results.write(statements, remember.key, remember.answer) !== "kept") return "limit";
      this.#insert(statements, row);
      return "kept";
    }, "failed");
    if (outcome !== "failed") this.#expired.push(...expired);
    if (outcome === "kept") this.#appended(message.user);
    return outcome;
  }

  /** What waits in all, and the oldest, for an operator; null where the file fails. */
  waiting(limit: number): Waiting | null {
    return this.#file.attempt<Waiting | null>(
      (statements) => {
        const rows = statements.oldestWaiting.all(this.#clock.wall(), limit);
        const messages = rows.map(({ id, user, message, expires_at: expiresAt, until, per, bytes }) => {
          const time = Math.floor(id / positionsPerMs);
          return { id: message, user: shownName(user), time, expiresAt, until, per, bytes };
        });
        return { count: statements.messageCount.get()?.n ?? 0, messages };
      },
      null,
      "read",
    );
  }

  take({ user, device, after, bytesMax: most }: Take): readonly OwedMessage[] | null {
    const stored = storedName(user);
    // For most users nothing waits, and a read is cheaper than a transaction.
    const isAny = device !== "" || this.#hasAny(stored);
    if (!isAny) return isAny === null ? null : [];
    const damaged: number[] = [];
    const taken = this.#write<OwedMessage[] | null>((statements) => {
      damaged.length = 0;
      if (device !== "") this.#use(statements, stored, device);
      const rows = statements.owedAfter.all(stored, device, this.#clock.wall(), after, most);
      if (device === "" && rows.some(({ per }) => per === "device")) this.#use(statements, stored, device);
      const found: OwedMessage[] = [];
      for (const row of rows) {
        const message = messageOf(row);
        if (message) found.push(message);
        else damaged.push(row.id);
        if (!message?.guarantee) this.#count.removed(statements, statements.deleteMessage.run(row.id).changes);
      }
      return found;
    }, null);
    for (const _ of damaged) this.#file.damagedRow("messages");
    return taken;
  }

  owed({ user, device }: Device, ids: readonly string[]): readonly OwedMessage[] | null {
    const rows = this.#file.attempt(
      ({ owedOf }) => owedOf.all(storedName(user), device, this.#clock.wall(), JSON.stringify(ids)),
      null,
      "read",
    );
    return rows?.flatMap((row) => messageOf(row) ?? []) ?? null;
  }

  settle({ user, device }: Device, ids: readonly string[], how: Until): readonly EndedMessage[] | null {
    const stored = storedName(user);
    const isMeant = ({ until }: MessageHead) => how === "acknowledged" || until === how;
    const find = ({ headsOf }: Statements) => headsOf.all(stored, JSON.stringify(ids)).filter(isMeant);
    const found = this.#file.attempt(find, null, "read");
    if (found === null || found.length === 0) return found && [];
    return this.#write<readonly EndedMessage[] | null>((statements) => {
      const settled = find(statements).filter((row) => this.#settle(statements, row, device));
      return settled.map(({ message, bytes }) => ({ user, id: message, bytes }));
    }, null);
  }

  sweep(): readonly EndedMessage[] {
    const now = this.#clock.wall();
    const answersUntil = this.#results.now();
    const unusedSince = Math.floor((now - this.#options.ttl) * positionsPerMs);
    const isDue = ({ anyExpired, anyUnused, anyExpiredAnswer }: Statements) =>
      anyExpired.get(now) !== null ||
      anyUnused.get(unusedSince) !== null ||
      anyExpiredAnswer.get(answersUntil) !== null;
    const ended = this.#file.attempt(isDue, false, "read")
      ? this.#write<readonly EndedMessage[]>((statements) => {
          statements.deleteExpiredAnswers.run(sweepMax, answersUntil);
          statements.forgetUnused.run(unusedSince, sweepMax);
          return this.#ended(statements, statements.deleteExpired.all(now, sweepMax));
        }, [])
      : [];
    return [...this.#expired.splice(0), ...ended];
  }

  remember(key: string, answer: string): RememberOutcome {
    return this.#file.attempt<RememberOutcome>((statements) => this.#results.write(statements, key, answer), "failed");
  }

  recall(key: string): Recalled {
    return this.#results.read(key);
  }

  /** A transaction. Where it is rolled back what was counted is counted anew. */
  #write<Result>(work: (statements: Statements) => Result, otherwise: Result): Result {
    const result = this.#file.attempt(work, otherwise);
    if (result === otherwise) this.#count.reset();
    return result;
  }

  /** Null: the file failed. */
  #hasAny(user: string): boolean | null {
    return this.#file.attempt<boolean | null>(({ anyMessageOf }) => anyMessageOf.get(user) !== null, null, "read");
  }

  /** Whether one more message of the user fits; what is complete gives way. */
  #hasRoom(statements: Statements, user: string): boolean {
    const { size, messagesMax = messagesMaxDefault } = this.#options;
    if (this.#count.read(statements) >= messagesMax) {
      this.#count.removed(statements, statements.deleteComplete.run(sweepMax).changes);
    }
    if (this.#count.read(statements) >= messagesMax) return false;
    const { kept, owed } = statements.messageCountsOf.get(user) ?? { kept: 0, owed: 0 };
    if (owed >= size) return false;
    if (kept >= size) this.#count.removed(statements, statements.deleteCompleteOf.run(user).changes);
    return true;
  }

  #insert(statements: Statements, row: MessageRow): void {
    const { user, message, until, per, expires_at, kind, data, crc } = row;
    const position = this.#next(statements.lastMessage.get()?.id ?? 0);
    statements.insertMessage.run(position, user, message, until, per, expires_at, kind, data, crc);
    this.#count.added(statements);
  }

  /** A number that is larger than every one before it, also of earlier processes and files. */
  #next(least: number): number {
    this.#last = Math.max(Math.floor(this.#clock.wall() * positionsPerMs), least + 1, this.#last + 1);
    return this.#last;
  }

  /** True where the message was still owed to the device. */
  #settle(statements: Statements, { id, user, per }: MessageHead, device: string): boolean {
    if (per === "user") {
      this.#count.removed(statements, statements.deleteMessage.run(id).changes);
      return true;
    }
    if (statements.settle.run(id, device).changes === 0) return false;
    this.#use(statements, user, device);
    statements.complete.run(id);
    return true;
  }

  #use(statements: Statements, user: string, device: string): void {
    statements.useDevice.run(user, device, this.#next(0));
    const devices = statements.devicesOf.all(user);
    for (const { device: unused } of devices.slice(0, Math.max(0, devices.length - devicesMax))) {
      statements.forgetDevice.run(user, unused);
      statements.unsettle.run(user, unused);
      statements.completeOf.run(user);
    }
  }

  /** What was removed because it had expired, without what was complete. */
  #ended(statements: Statements, rows: readonly MessageHead[]): EndedMessage[] {
    this.#count.removed(statements, rows.length);
    const owed = rows.filter(({ complete }) => complete === 0);
    return owed.flatMap(({ user, message, bytes }) => {
      try {
        return { user: nameOf(user), id: message, bytes };
      } catch {
        return [];
      }
    });
  }
}

/** The name of a user, also of one whose row is damaged. */
function shownName(stored: string): string {
  try {
    return nameOf(stored);
  } catch {
    return stored;
  }
}
