import { type Bucket, fillBucket, type Rate, takeToken } from "./rate.ts";

/** Buckets by key. One that has filled again is as good as none: each new key looks at the two oldest and removes them. */
export class Buckets {
  readonly #byKey = new Map<string, Bucket>();

  get size(): number {
    return this.#byKey.size;
  }

  take(key: string, now: number, rate: Rate, count: number): boolean {
    return takeToken(this.#of(key, now, rate), now, rate, count);
  }

  /** Tokens that are left of a key. */
  left(key: string, now: number, rate: Rate): number {
    const bucket = this.#byKey.get(key);
    return bucket === undefined ? rate.burst : fillBucket(bucket, now, rate);
  }

  /** Takes tokens; there may be less than none then. */
  spend(key: string, now: number, rate: Rate, count: number): void {
    const bucket = this.#of(key, now, rate);
    bucket.tokens = fillBucket(bucket, now, rate) - count;
  }

  #of(key: string, now: number, rate: Rate): Bucket {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    this.#removeFull(now, rate);
    const bucket = { tokens: rate.burst, filledAt: now };
    this.#byKey.set(key, bucket);
    return bucket;
  }

  #removeFull(now: number, { limit, burst }: Rate): void {
    const oldest = this.#byKey.entries().take(2).toArray();
    for (const [key, bucket] of oldest) {
      this.#byKey.delete(key);
      const isFull = bucket.tokens + ((now - bucket.filledAt) * limit) / 1000 >= burst;
      if (!isFull) this.#byKey.set(key, bucket);
    }
  }
}
