import type { Payload } from "../core/payload.ts";

/** The options of a message to a user. */
export interface Send {
  /** For how many milliseconds it is kept for a user without a connection; 0: not at all. */
  readonly queueTtl?: number;
  /** Within five minutes a second message with this key to the same user or connection has no effect. */
  readonly idempotencyKey?: string;
}

/** What became of a message: how many connections it was sent to, and whether it is kept for the user. */
export interface Sent {
  readonly connections: number;
  readonly queued: boolean;
}

/** One message to a user or to a connection. */
export interface SendAttempt {
  /** The name of an API key; "" for code in this process. */
  readonly source: string;
  readonly user: string;
  readonly client: string;
  readonly data: Payload;
  readonly idempotencyKey: string;
}
