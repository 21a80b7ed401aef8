import { DamageError } from "../../../sqlite/damage.ts";
import { nameOf, storedName } from "../../../sqlite/names.ts";
import type { KeptKey } from "../store.ts";
import { keyCrc } from "./rows.ts";
import type { SqliteFile } from "./sqlite-file.ts";

/** Keys that are kept over a restart at the most. */
const keysMax = 100_000;
/** Keys looked at in one sweep. */
const sweepSize = 1_000;

/**
 * The idempotency keys of one file: a log, for it is read only when the process begins. All keys live equally long, so
 * what is over is at its front.
 */
export class KeyLog {
  readonly #file: SqliteFile;

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  append({ channel, key, offset, epoch, remainingMs }: KeptKey): void {
    const expiresAt = Math.round(this.#file.time() + remainingMs);
    const [storedChannel, storedKey] = [storedName(channel), storedName(key)];
    const crc = keyCrc(storedChannel, storedKey, offset, epoch, expiresAt);
    this.#file.statements.insertKey.run(storedChannel, storedKey, offset, epoch, expiresAt, crc);
  }

  /** All that are left, oldest first, also those that are over and not deleted yet. */
  read(): KeptKey[] {
    const now = this.#file.time();
    const kept: KeptKey[] = [];
    for (const { channel, key, offset, epoch, expires_at, crc } of this.#file.statements.keys.all(
      this.#tooMany(),
      keysMax,
    )) {
      if (crc !== keyCrc(channel, key, offset, epoch, expires_at))
        throw new DamageError("a key that is not as written");
      kept.push({ channel: nameOf(channel), key: nameOf(key), offset, epoch, remainingMs: expires_at - now });
    }
    return kept;
  }

  /** The id up to which the next few are over, or too many; 0 where none is. */
  due(): number {
    const now = this.#file.time();
    const tooMany = this.#tooMany();
    let due = 0;
    for (const { id, expires_at } of this.#file.statements.keys.all(0, sweepSize)) {
      if (expires_at > now && id > tooMany) break;
      due = id;
    }
    return due;
  }

  /** Deletes up to the id, inside of a transaction. */
  deleteUpTo(id: number): void {
    this.#file.statements.deleteKeys.run(id);
  }

  /** The id up to which there are more than are kept; 0 or below where there are not. */
  #tooMany(): number {
    return (this.#file.statements.lastKey.get()?.id ?? 0) - keysMax;
  }
}
