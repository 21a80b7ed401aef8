import { Buckets } from "../core/buckets.ts";
import { type Bucket, type Rate, sharedRate, takeToken } from "../core/rate.ts";

/** Bytes of a connection that are counted together for its user and its address, so that small frames cost nothing. */
const sharedStep = 16_384;

/** What one connection has sent: a bucket of bytes, and what is not counted for its user and address yet. */
export interface ByteBucket extends Bucket {
  uncounted: number;
}

/** A connection that sends bytes. */
export interface Sender {
  readonly id: string;
  /** The key of its address in limits; null where the address is not limited (loopback, trusted proxies). */
  readonly limitKey: string | null;
  /** Null until it has sent its first frame. */
  byteBucket: ByteBucket | null;
}

/**
 * Bytes that clients may send: of one connection, and eight times that of all connections of a user and of an address.
 * Anonymous users and unlimited addresses are counted by connection alone.
 */
export class BytesRate {
  readonly #rate: Rate;
  readonly #shared: Rate;
  readonly #userOf: (id: string) => string;
  readonly #users = new Buckets();
  readonly #addresses = new Buckets();

  /** A limit of 0 is none. `userOf` gives the user of a connection; "" where it is anonymous or not known yet. */
  constructor(rate: Rate, userOf: (id: string) => string) {
    this.#rate = rate;
    this.#shared = sharedRate(rate);
    this.#userOf = userOf;
  }

  /** Whether a frame of so many bytes is within the rate; where it is not, nothing is counted for it. */
  take(sender: Sender, now: number, bytes: number): boolean {
    if (this.#rate.limit === 0) return true;
    sender.byteBucket ??= { tokens: this.#rate.burst, filledAt: now, uncounted: 0 };
    const bucket = sender.byteBucket;
    if (!takeToken(bucket, now, this.#rate, bytes)) return false;
    const uncounted = bucket.uncounted + bytes;
    if (uncounted >= sharedStep && !this.#count(sender, now, uncounted)) {
      bucket.tokens += bytes;
      return false;
    }
    bucket.uncounted = uncounted >= sharedStep ? 0 : uncounted;
    return true;
  }

  /** Users and addresses that have sent so much of late that their rate is known. */
  get buckets(): number {
    return this.#users.size + this.#addresses.size;
  }

  #count({ id, limitKey }: Sender, now: number, bytes: number): boolean {
    const user = this.#userOf(id);
    return (
      (user === "" || this.#users.take(user, now, this.#shared, bytes)) &&
      (limitKey === null || this.#addresses.take(limitKey, now, this.#shared, bytes))
    );
  }
}
