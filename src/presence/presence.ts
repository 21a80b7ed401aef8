import type { MaybePromise } from "../core/maybe-promise.ts";
import type { ClientInfo } from "../core/publication.ts";
import type { PresenceStats } from "../core/reply.ts";

/**
 * Who is in a channel, for reading. It may answer later, and never throws nor rejects: null where it cannot answer, which
 * is error 100.
 */
export interface PresenceQueries {
  /**
   * By connection id, in the order of entering. Does not change after it was given, and is the same object until
   * something changes: what it was encoded to can be kept with it. `over`: it has certainly more than `bytesMax` bytes,
   * counted as `presenceBytes` does, and was not read; one that is given may have more all the same.
   */
  list(channel: string, bytesMax?: number): MaybePromise<ReadonlyMap<string, ClientInfo> | "over" | null>;
  stats(channel: string): MaybePromise<PresenceStats | null>;
}

/**
 * Who is in a channel. One entry per connection and channel, of this node: the entries follow the sockets themselves, so
 * none can outlive its connection. What was entered before a question is in its answer.
 */
export interface Presence extends PresenceQueries {
  /** Idempotent; the last info counts. */
  enter(channel: string, info: ClientInfo): void;
  leave(channel: string, client: string): void;
}
