import type { MaybePromise } from "../core/maybe-promise.ts";
import type { Payload } from "../core/payload.ts";

/** What ends a message: a connection has it for certain, or a client has acknowledged it. */
export type Until = "delivered" | "acknowledged";

/** Whether a message ends for its user as a whole, or for each device of the user. */
type Per = "user" | "device";

/** What is promised of a message. */
export interface Guarantee {
  readonly until: Until;
  readonly per: Per;
}

/** A message on its way into the inbox. */
export interface NewMessage {
  readonly user: string;
  /** Unique for ever: a UUID. */
  readonly id: string;
  readonly payload: Payload;
  /** Null: it is given once, to the connection that takes it first. */
  readonly guarantee: Guarantee | null;
  /** Milliseconds since 1970; at most the inbox's time to live from now. */
  readonly expiresAt: number;
  /** What a repetition of the same key is answered, kept together with the message or not at all. */
  readonly remember?: { readonly key: string; readonly answer: string };
}

/**
 * `kept`, or why not: `answered` its key was answered meanwhile, `limit` too many messages wait (the new one is refused, because the old ones were acknowledged),
 * `too_large` over 64 KiB, `expired` no time to wait is left, `failed` the store cannot be written.
 */
export type AppendOutcome = "kept" | "answered" | "limit" | "too_large" | "expired" | "failed";

/** `kept`, or why not: `answered` it is there already, `limit` too many keys are remembered, `failed` the store cannot be written. */
export type RememberOutcome = "kept" | "answered" | "limit" | "failed";

/** What is known of a key: it is new, it was answered so, or the store failed. */
export type Recalled =
  | { readonly state: "new" }
  | { readonly state: "answered"; readonly answer: string }
  | { readonly state: "failed" };

/** Connections of a user that share a position; "" is the device of those that name none. */
export interface Device {
  readonly user: string;
  readonly device: string;
}

/** A part of what is owed to a device. */
export interface Take extends Device {
  /** The position after which it begins; 0 for the oldest. */
  readonly after: number;
  /** Messages are given until their payloads, and 128 bytes for each, have as many bytes or more: at least one. */
  readonly bytesMax: number;
}

/** A message that is owed to a device. */
export interface OwedMessage {
  /** Its place in the order of the user: positions grow, and no two of a user are equal. */
  readonly position: number;
  readonly id: string;
  readonly payload: Payload;
  readonly guarantee: Guarantee | null;
}

/** A message that has ended; `bytes` of its payload. */
export interface EndedMessage {
  readonly user: string;
  readonly id: string;
  readonly bytes: number;
}

/**
 * Messages that wait for users, in one order for each user: those with a guarantee, and those that are kept for the next
 * connection alone. It may answer later; nothing here throws or rejects.
 *
 * A message per user is owed to every device until one has settled it. A message per device is owed to each device until
 * that one has settled it; when all known devices have, it is complete: it counts for no limit and gives way to new
 * messages, and until then, or until it expires, a new device receives it too. A device is known from its first `take` on
 * that names it or is given a message per device; at most 16 of a user, the one unused longest is forgotten with all that
 * it has settled.
 */
export interface Inbox {
  /** Keeps the message; it survives the end of the process from the answer on. */
  append(message: NewMessage): MaybePromise<AppendOutcome>;
  /**
   * What is owed to the device after a position, oldest first, without what has expired. Messages without a guarantee
   * leave the inbox in the same step: they are given at most once. Null: the store failed, and all stay.
   */
  take(take: Take): MaybePromise<readonly OwedMessage[] | null>;
  /** Which of these messages are still owed to the device, in their order; to send them again. Null: the store failed. */
  owed(device: Device, ids: readonly string[]): MaybePromise<readonly OwedMessage[] | null>;
  /**
   * The device is done with these messages. `delivered` settles messages kept until they are delivered, `acknowledged` both
   * kinds.
   * Answers with those that this call has settled; unknown ids and messages of other users are none. Null: the store
   * failed, and nothing is settled.
   */
  settle(device: Device, ids: readonly string[], how: Until): MaybePromise<readonly EndedMessage[] | null>;
  /** Removes a few messages that have expired, and answers with those that were still owed; to be called once a second. */
  sweep(): MaybePromise<readonly EndedMessage[]>;
  /** Keeps for five minutes what a key was answered; the first answer stays. */
  remember(key: string, answer: string): MaybePromise<RememberOutcome>;
  /** What the key was answered within the last five minutes. */
  recall(key: string): MaybePromise<Recalled>;
  /**
   * From here on `appended` is called for each message that was appended, after it is kept, on every node that shares the
   * inbox: also where this node has appended it, before or after its `append` is answered. Called once, by the delivery.
   */
  listen(appended: (user: string) => void): void;
}
