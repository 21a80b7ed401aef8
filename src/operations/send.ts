import type { Payload } from "../core/payload.ts";
import type { Guarantee } from "../messages/inbox.ts";

/** The options of a message to a user. */
export interface Send {
  /**
   * For how many milliseconds it is kept, at most `push_queue.ttl`. Without `until` it is kept for a user without a
   * connection alone, and absent or 0 is not at all; with `until` absent is `push_queue.ttl`.
   */
  readonly queueTtl?: number;
  /**
   * It is kept until a client has it for certain, or until one has acknowledged it, and its data is `{"id", "data"}`.
   * Absent: it is sent once, to the connections of the moment or to the next one.
   */
  readonly until?: Guarantee["until"];
  /** Whether one device of the user is enough, or each has to have it; default "user". Only with `until`. */
  readonly per?: Guarantee["per"];
  /** Within five minutes a second message with this key to the same user or connection has no effect. */
  readonly idempotencyKey?: string;
}

/** What became of a message. */
export interface Sent {
  /** Its id, with `until`. */
  readonly id?: string;
  /** Connections that it was sent to. */
  readonly connections: number;
  /** Whether it waits for the user's next connection. */
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
