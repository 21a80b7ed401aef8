import type { MaybePromise } from "../core/maybe-promise.ts";
import type { Payload } from "../core/payload.ts";

/** What a message says beside its user and payload. */
export interface PutOptions {
  /** Milliseconds since 1970; at most the queue's time to live from now. */
  readonly expiresAt: number;
  /** What a repetition of the same key is answered, kept together with the message or not at all. */
  readonly remember?: { readonly key: string; readonly answer: string };
}

/**
 * `kept`, or why not: `limit` too many messages wait (the new one is refused, because the old ones were acknowledged),
 * `too_large` over 64 KiB, `expired` no time to wait is left, `failed` the store cannot be written.
 */
export type PutOutcome = "kept" | "limit" | "too_large" | "expired" | "failed";

/** `kept`, or why not: `limit` too many keys are remembered, `failed` the store cannot be written. */
export type RememberOutcome = "kept" | "limit" | "failed";

/** What is known of a key: it is new, it was answered so, or the store failed. */
export type Recalled =
  | { readonly state: "new" }
  | { readonly state: "answered"; readonly answer: string }
  | { readonly state: "failed" };

/** Messages for users who are away. It may answer later; nothing here throws or rejects. */
export interface OfflineQueue {
  /** Keeps the message; it survives the end of the process from the answer on. */
  put(user: string, payload: Payload, options: PutOptions): MaybePromise<PutOutcome>;
  /**
   * Takes the messages of the user that are not over out of the queue, oldest first, until they have `bytesMax` bytes
   * or more. A message is taken at most once. Where the store fails they stay, and none is given.
   */
  take(user: string, bytesMax?: number): MaybePromise<readonly Payload[]>;
  /** Whether something waits for the user. */
  has(user: string): MaybePromise<boolean>;
  /** Keeps for five minutes what a key was answered; the first answer stays. */
  remember(key: string, answer: string): MaybePromise<RememberOutcome>;
  /** What the key was answered within the last five minutes. */
  recall(key: string): MaybePromise<Recalled>;
}
