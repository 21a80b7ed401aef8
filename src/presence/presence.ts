import type { MaybePromise } from "../core/maybe-promise.ts";
import type { ClientInfo } from "../core/publication.ts";
import type { PresenceStats } from "../core/reply.ts";

/**
 * Who is in a channel. One entry per connection and channel. On one node the entries follow the sockets themselves, so
 * none can outlive its connection; an implementation over a network gives each a time to live. It may answer later, and
 * never throws nor rejects: null where it cannot answer, which is error 100. What a node has entered before it asks is
 * in the answer.
 */
export interface Presence {
  /** Idempotent; the last info counts. */
  enter(channel: string, info: ClientInfo): void;
  leave(channel: string, client: string): void;
  /**
   * By connection id, in the order of entering. Does not change after it was given, and is the same object until
   * something changes: what it was encoded to can be kept with it.
   */
  list(channel: string): MaybePromise<ReadonlyMap<string, ClientInfo> | null>;
  stats(channel: string): MaybePromise<PresenceStats | null>;
}
