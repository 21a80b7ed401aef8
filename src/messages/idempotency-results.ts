import { type Clock, steadyWall } from "../core/clock.ts";
import { storedName } from "../sqlite/names.ts";
import type { MessageFile } from "./file.ts";
import type { Recalled } from "./inbox.ts";
import { resultMs } from "./inbox-options.ts";
import type { AnswerRow, Statements } from "./statements.ts";

/** Answers that are over and deleted at once where there is no room. */
const expiredMax = 500;

const fresh: Recalled = { state: "new" };
const failed: Recalled = { state: "failed" };

/**
 * What was answered to idempotency keys, so that a repeated push has no second effect. A wall clock that is set forward
 * forgets none of them.
 */
export class IdempotencyResults {
  readonly #file: MessageFile;
  readonly now: () => number;
  readonly #max: number;

  constructor(file: MessageFile, clock: Clock, max: number) {
    this.#file = file;
    this.now = steadyWall(clock);
    this.#max = max;
  }

  /**
   * Keeps the answer, inside of a transaction; one that is there already stays. `limit` where too many are kept: none is
   * forgotten before its time.
   */
  write(statements: Statements, key: string, answer: string): "kept" | "answered" | "limit" {
    const now = this.now();
    const stored = storedName(key);
    if (this.#live(statements.answer.get(stored), now) !== null) return "answered";
    if (!this.#hasRoom(statements, now)) return "limit";
    const expiresAt = Math.floor(now + resultMs);
    statements.deleteAnswer.run(stored);
    statements.insertAnswer.run(stored, answer, expiresAt, crcOf(stored, answer, expiresAt));
    return "kept";
  }

  /** The key has an answer, inside of a transaction. */
  isKnown(statements: Statements, key: string): boolean {
    return this.#live(statements.answer.get(storedName(key)), this.now()) !== null;
  }

  /** Ids have few gaps, for answers go from the front: the highest and the lowest give their number at the most. */
  #hasRoom(statements: Statements, now: number): boolean {
    if (this.#count(statements) < this.#max) return true;
    statements.deleteExpiredAnswers.run(expiredMax, now);
    return this.#count(statements) < this.#max;
  }

  #count({ firstAnswer, lastAnswer }: Statements): number {
    const first = firstAnswer.get()?.id ?? 1;
    return (lastAnswer.get()?.id ?? 0) - first + 1;
  }

  read(key: string): Recalled {
    const stored = storedName(key);
    const row = this.#file.attempt((statements) => statements.answer.get(stored), undefined, "read");
    if (row === undefined) return failed;
    const answer = this.#live(row, this.now());
    return answer === null ? fresh : { state: "answered", answer };
  }

  #live(row: AnswerRow | null, now: number): string | null {
    if (row === null || row.expires_at <= now) return null;
    if (row.crc === crcOf(row.key, row.answer, row.expires_at)) return row.answer;
    this.#file.damagedRow("answers");
    return null;
  }
}

function crcOf(key: string, answer: string, expiresAt: number): number {
  return Bun.hash.crc32(`${expiresAt},${key.length},${key},${answer}`);
}
