import type { PresenceQueries } from "./presence.ts";
import type { PresenceEvents } from "./presence-events.ts";

/**
 * Presence that several nodes share, with the joins and leaves of all of them, each published once on every node. An
 * entry lives as long as its connection, or until its node was found to be gone: then another node removes it and
 * publishes its leave.
 */
export interface SharedPresence extends PresenceQueries, PresenceEvents {
  /** Entries of an unknown version, or damaged ones, that were left out; absent where none are kept as text. */
  readonly unreadable?: number;
  /** To be called about once a second: repeats what was not answered, and cleans up after nodes that are gone. */
  tick(): void;
  /** A node is gone. */
  gone(node: string): void;
  /** Gives this node up, after its connections have left. */
  close(): Promise<void>;
}
