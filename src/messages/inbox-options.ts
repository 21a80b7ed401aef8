/** How much the inbox keeps. */
export interface InboxOptions {
  /** Messages of one user that are owed. */
  readonly size: number;
  /** The longest time in milliseconds for which a message waits. */
  readonly ttl: number;
  /** Messages of all users together; default 1,000,000. */
  readonly messagesMax?: number;
  /** Results of idempotency keys; default 524,288. */
  readonly resultsMax?: number;
}

export const messagesMaxDefault = 1_000_000;
export const resultsMaxDefault = 524_288;
/** How long the result of an idempotency key is kept, in milliseconds, as Centrifugo keeps it. */
export const resultMs = 300_000;
/** Bytes of one message. */
export const bytesMax = 65_536;
/** Messages and results that one sweep removes. */
export const sweepMax = 500;
/** Positions in a millisecond: they follow the wall clock, so that a store in the place of a lost one goes on. */
export const positionsPerMs = 1_024;
