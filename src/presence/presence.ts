import type { ClientInfo } from "../core/publication.ts";
import type { PresenceStats } from "../core/reply.ts";

/**
 * Who is in a channel. One entry per connection and channel. On one node the entries follow the sockets themselves, so
 * none can outlive its connection; an implementation over a network gives each a time to live.
 */
export interface Presence {
  /** Idempotent; the last info counts. */
  enter(channel: string, info: ClientInfo): void;
  /** True where the connection was in the channel. */
  leave(channel: string, client: string): boolean;
  /** By connection id, in the order of entering. */
  list(channel: string): ReadonlyMap<string, ClientInfo>;
  stats(channel: string): PresenceStats;
}
