import type { Clock } from "../../core/clock.ts";
import type { Position } from "../../core/publication.ts";

/** How long a key holds: five minutes, as in Centrifugo. */
export const idempotencyMs = 300_000;

interface Entry extends Position {
  /** Monotonic milliseconds. */
  readonly forgetAt: number;
}

/** What one key takes with its outcome, whatever its length: it is kept as a digest (262 bytes measured on Bun 1.4.5). */
const entryBytes = 288;

/**
 * The first outcomes of keyed publishes, by the digest of channel and key. All live equally long, so the order in which
 * they came is the order in which they go. None goes before its time: over the bound there is no room for another.
 */
export class IdempotencyKeys {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Clock;
  readonly #bytesMax: number;

  constructor(clock: Clock, bytesMax: number) {
    this.#clock = clock;
    this.#bytesMax = bytesMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether there is room for one more, beside so many that are about to be kept. */
  hasRoom(pending: number): boolean {
    this.#forget(64);
    return (this.#entries.size + pending + 1) * entryBytes <= this.#bytesMax;
  }

  find(digest: string): Position | null {
    const entry = this.#entries.get(digest);
    return entry !== undefined && entry.forgetAt > this.#clock.monotonic() ? entry : null;
  }

  /** `lifetimeMs` must not be longer than that of the keys before it. */
  keep(digest: string, { offset, epoch }: Position, lifetimeMs: number): void {
    this.#entries.delete(digest);
    this.#entries.set(digest, { offset, epoch, forgetAt: this.#clock.monotonic() + lifetimeMs });
  }

  /** Forgets what is over, a bounded number of keys at a time. */
  sweep(): void {
    this.#forget(10_000);
  }

  #forget(atMost: number): void {
    const now = this.#clock.monotonic();
    let left = atMost;
    for (const [digest, entry] of this.#entries) {
      if (left-- === 0 || entry.forgetAt > now) return;
      this.#entries.delete(digest);
    }
  }
}

/** What a key of a channel is kept as. The length before the channel keeps two pairs apart that would run together. */
export function keyDigest(channel: string, key: string): string {
  return Bun.SHA512_256.hash(`${channel.length}:${channel}${key}`, "base64url");
}
