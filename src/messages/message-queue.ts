import type { Clock } from "../core/clock.ts";
import type { Payload } from "../core/payload.ts";
import type { MessageFile } from "./file.ts";
import { IdempotencyResults } from "./idempotency-results.ts";
import { messageRow, payloadOf, storedUser } from "./message-row.ts";
import type { OfflineQueue, PutOptions, PutOutcome, Recalled, RememberOutcome } from "./offline-queue.ts";
import type { Statements } from "./statements.ts";

/** How much the queue keeps. */
export interface MessageQueueOptions {
  /** Messages of one user. */
  readonly size: number;
  /** The longest time in milliseconds for which a message waits. */
  readonly ttl: number;
  /** Messages of all users together; default 1,000,000. */
  readonly messagesMax?: number;
  /** Results of idempotency keys; default 524,288. */
  readonly resultsMax?: number;
}

/** Bytes of one message. */
const bytesMax = 65_536;
/** Rows deleted in one sweep of each table. */
const sweepMax = 500;

/** Messages for users who are away, in the file before they are acknowledged. Nothing here throws. */
export class MessageQueue implements OfflineQueue {
  readonly #file: MessageFile;
  readonly #options: MessageQueueOptions;
  readonly #clock: Clock;
  readonly #results: IdempotencyResults;
  /**
   * How many there are in the file whose statements these are: another file has another number. Null where that is to be
   * counted anew, as after a transaction that was rolled back.
   */
  #counted: { readonly of: Statements; count: number } | null = null;

  constructor(file: MessageFile, options: MessageQueueOptions, clock: Clock) {
    this.#file = file;
    this.#options = options;
    this.#clock = clock;
    this.#results = new IdempotencyResults(file, clock, options.resultsMax ?? 524_288);
  }

  /** Keeps the message; it survives the end of the process from when this returns. */
  put(user: string, payload: Payload, { expiresAt, remember }: PutOptions): PutOutcome {
    const now = this.#clock.wall();
    const row = messageRow(user, payload, Math.floor(Math.min(expiresAt, now + this.#options.ttl)));
    if (row.data.byteLength > bytesMax) return "too_large";
    if (!(row.expires_at > now)) return "expired";
    const outcome = this.#file.attempt<PutOutcome>((statements) => {
      this.#forget(statements, () => statements.deleteExpiredOf.run(row.user, now));
      const full = this.#count(statements) >= (this.#options.messagesMax ?? 1_000_000);
      if (full || (statements.messageCountOf.get(row.user)?.n ?? 0) >= this.#options.size) return "limit";
      if (remember !== undefined && !this.#results.write(statements, remember.key, remember.answer)) return "limit";
      statements.insertMessage.run(row.user, row.kind, row.data, row.expires_at, row.crc);
      return "kept";
    }, "failed");
    if (outcome === "failed") this.#counted = null;
    else if (outcome === "kept" && this.#counted !== null) this.#counted.count++;
    return outcome;
  }

  /** Whether something waits for the user. A read, which is cheaper than a transaction: for most users nothing does. */
  has(user: string): boolean {
    return this.#file.attempt((statements) => statements.messageCountOf.get(storedUser(user))?.n ?? 0, 0, "read") > 0;
  }

  /**
   * Takes the messages of the user that are not over out of the file, oldest first, until they have `bytesMax` bytes or
   * more. They are gone from the file when they are given: a message is delivered at most once. Where the file fails
   * they stay, and none is given.
   */
  take(user: string, bytesMax: number = Number.MAX_SAFE_INTEGER): Payload[] {
    if (!this.has(user)) return [];
    const stored = storedUser(user);
    const now = this.#clock.wall();
    const rows = this.#file.attempt((statements) => {
      const found = statements.messagesOf.all(stored, bytesMax);
      const last = found.at(-1)?.id ?? 0;
      this.#forget(statements, () => statements.deleteMessagesOf.run(stored, last));
      return found;
    }, null);
    if (rows === null) this.#counted = null;
    return (rows ?? []).flatMap((row) => {
      const payload = payloadOf(row);
      if (payload === null) this.#file.damagedRow("messages");
      return payload === null || row.expires_at <= now ? [] : [payload];
    });
  }

  /** Keeps for five minutes what a key was answered; the first answer stays. */
  remember(key: string, answer: string): RememberOutcome {
    return this.#file.attempt<RememberOutcome>(
      (statements) => (this.#results.write(statements, key, answer) ? "kept" : "limit"),
      "failed",
    );
  }

  /** What the key was answered within the last five minutes. */
  recall(key: string): Recalled {
    return this.#results.read(key);
  }

  /** Deletes a few messages and answers that are over; to be called now and then. */
  sweep(): void {
    const now = this.#clock.wall();
    const swept = this.#file.attempt((statements) => {
      this.#forget(statements, () => statements.deleteExpired.run(now, sweepMax));
      statements.deleteExpiredAnswers.run(sweepMax, now);
      return true;
    }, false);
    if (!swept) this.#counted = null;
  }

  #forget(statements: Statements, remove: () => { readonly changes: number }): void {
    const { changes } = remove();
    if (changes > 0 && this.#counted?.of === statements) this.#counted.count -= changes;
  }

  #count(statements: Statements): number {
    if (this.#counted?.of !== statements) {
      this.#counted = { of: statements, count: statements.messageCount.get()?.n ?? 0 };
    }
    return this.#counted.count;
  }
}
