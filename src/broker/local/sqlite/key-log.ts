import { DamageError } from "../../../sqlite/damage.ts";
import { nameOf } from "../../../sqlite/names.ts";
import { keyDigest } from "../idempotency.ts";
import type { KeptKey } from "../store.ts";
import { keyCrc } from "./rows.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import type { KeyRow } from "./statements.ts";

/** Keys read at once. */
const pageSize = 10_000;
/** Keys looked at in one sweep. */
const sweepSize = 1_000;
/** Before a digest, whose row names no channel; older versions wrote channel and key as they were. */
const digestMark = "#";

/**
 * The idempotency keys of one file: a log, for it is read only when the process begins. All keys live equally long, so
 * what is over is at its front.
 */
export class KeyLog {
  readonly #file: SqliteFile;

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  append({ digest, offset, epoch, remainingMs }: KeptKey): void {
    const expiresAt = Math.round(this.#file.time() + remainingMs);
    const key = digestMark + digest;
    this.#file.statements.insertKey.run("", key, offset, epoch, expiresAt, keyCrc("", key, offset, epoch, expiresAt));
  }

  /** All that are left, oldest first, also those that are over and not deleted yet. */
  read(): KeptKey[] {
    const now = this.#file.time();
    const kept: KeptKey[] = [];
    let after = 0;
    for (let rows = this.#page(after); rows.length > 0; rows = this.#page(after)) {
      for (const row of rows) {
        const { channel, key, offset, epoch, expires_at, crc } = row;
        if (crc !== keyCrc(channel, key, offset, epoch, expires_at)) {
          throw new DamageError("a key that is not as written");
        }
        kept.push({ digest: digestOf(row), offset, epoch, remainingMs: expires_at - now });
        after = row.id;
      }
    }
    return kept;
  }

  /** The id up to which the next few are over; 0 where none is. */
  due(): number {
    const now = this.#file.time();
    let due = 0;
    for (const { id, expires_at } of this.#file.statements.keys.all(0, sweepSize)) {
      if (expires_at > now) break;
      due = id;
    }
    return due;
  }

  /** Deletes up to the id, inside of a transaction. */
  deleteUpTo(id: number): void {
    this.#file.statements.deleteKeys.run(id);
  }

  #page(after: number): KeyRow[] {
    return this.#file.statements.keys.all(after, pageSize);
  }
}

function digestOf({ channel, key }: KeyRow): string {
  const isDigest = channel === "" && key.startsWith(digestMark);
  return isDigest ? key.slice(digestMark.length) : keyDigest(nameOf(channel), nameOf(key));
}
