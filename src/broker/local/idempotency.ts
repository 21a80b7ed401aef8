import type { Clock } from "../../core/clock.ts";
import type { Position } from "../../core/publication.ts";

/** How long a key holds: five minutes, as in Centrifugo. */
export const idempotencyMs = 300_000;

interface Entry {
  readonly position: Position;
  /** Monotonic milliseconds. */
  readonly forgetAt: number;
}

/** Keys longer than this are kept as their SHA-256: what a caller can make us hold is bounded by the number of keys. */
const keyLengthMax = 128;

/**
 * The first outcomes of keyed publishes, by channel and key. All live equally long, so the order in which they came is
 * the order in which they go, and forgetting is looking at the oldest.
 */
export class IdempotencyKeys {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Clock;
  readonly #max: number;

  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  find(channel: string, key: string): Position | null {
    const entry = this.#entries.get(nameOf(channel, key));
    return entry !== undefined && entry.forgetAt > this.#clock.monotonic() ? entry.position : null;
  }

  /** `lifetimeMs` must not be longer than that of the keys before it; where there are too many, the oldest goes early. */
  keep(channel: string, key: string, position: Position, lifetimeMs: number): void {
    const now = this.#clock.monotonic();
    const name = nameOf(channel, key);
    this.#entries.delete(name);
    this.#entries.set(name, { position, forgetAt: now + lifetimeMs });
    this.#forget(now, 8);
  }

  /** Forgets what is over, a bounded number of keys at a time. */
  sweep(): void {
    this.#forget(this.#clock.monotonic(), 10_000);
  }

  #forget(now: number, atMost: number): void {
    let left = atMost;
    for (const [name, entry] of this.#entries) {
      if (left-- === 0 || (entry.forgetAt > now && this.#entries.size <= this.#max)) return;
      this.#entries.delete(name);
    }
  }
}

/** The length before the channel keeps two pairs apart whose texts would run together to the same. */
function nameOf(channel: string, key: string): string {
  return `${channel.length}:${channel}${shortened(key)}`;
}

/** What a key is kept as. The prefix keeps a digest apart from a short key that looks like one. */
function shortened(key: string): string {
  return key.length <= keyLengthMax ? `=${key}` : `#${new Bun.CryptoHasher("sha256").update(key).digest("base64url")}`;
}
