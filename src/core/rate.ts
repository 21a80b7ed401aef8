/** A bucket of tokens: `limit` come in a second, `burst` fit. Kept as two numbers in its owner, so that it costs nothing. */
export interface Bucket {
  /** What is left, as of `filledAt`. */
  tokens: number;
  /** When it was last filled, in monotonic milliseconds. */
  filledAt: number;
}

/** Takes one token, or says that there is none. A limit of 0 is no limit. */
export function takeToken(bucket: Bucket, now: number, { limit, burst }: { limit: number; burst: number }): boolean {
  if (limit === 0) return true;
  const filled = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) * limit) / 1000);
  bucket.filledAt = now;
  if (filled < 1) {
    bucket.tokens = filled;
    return false;
  }
  bucket.tokens = filled - 1;
  return true;
}
