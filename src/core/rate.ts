/** A bucket of tokens: `limit` come in a second, `burst` fit. Kept as two numbers in its owner, so that it costs nothing. */
export interface Bucket {
  /** What is left, as of `filledAt`. */
  tokens: number;
  /** When it was last filled, in monotonic milliseconds. */
  filledAt: number;
}

/** Tokens a second, and tokens that fit. A limit of 0 is no limit. */
export interface Rate {
  readonly limit: number;
  readonly burst: number;
}

/** Takes tokens (one, unless the number is given), or returns false and takes none where there are fewer. */
export function takeToken(bucket: Bucket, now: number, { limit, burst }: Rate, count = 1): boolean {
  if (limit === 0) return true;
  const filled = fillBucket(bucket, now, { limit, burst });
  const isEnough = filled >= count;
  if (isEnough) bucket.tokens = filled - count;
  return isEnough;
}

/** Adds the tokens that came since; how many there are. */
export function fillBucket(bucket: Bucket, now: number, { limit, burst }: Rate): number {
  bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) * limit) / 1000);
  bucket.filledAt = now;
  return bucket.tokens;
}

/** The connections of one user, or of one address, may together have so many times the rate of a single connection. */
const sharedFactor = 8;

/** The rate that the connections of one user, or of one address, have together. */
export function sharedRate({ limit, burst }: Rate): Rate {
  return { limit: limit * sharedFactor, burst: burst * sharedFactor };
}
