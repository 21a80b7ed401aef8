import type { ClientInfo } from "../core/publication.ts";
import type { Push } from "../core/reply.ts";
import type { Presence } from "./presence.ts";

/** How one subscription is seen by the others in its channel. */
export interface Visibility {
  /** It is in the channel's presence. */
  readonly presence: boolean;
  /** Others receive its join and leave messages. */
  readonly joinLeave: boolean;
  /**
   * Milliseconds that a leave waits for the same user to come back; then neither leave nor join is published. 0 is
   * none.
   */
  readonly leaveGrace: number;
}

/** What presenceEvents works with. */
export interface PresenceEventsPorts {
  readonly presence: Presence;
  announce(push: Extract<Push, { type: "join" | "leave" }>): void;
  /** Runs something later; the answer takes it back. */
  after(delay: number, run: () => void): () => void;
  /** Leaves that may wait at once, of 0.8 kB each on Bun 1.4.5; one more is published at once. Default 100,000. */
  readonly waitingMax?: number;
}

/** Joins and leaves: presence is kept, and others are notified. */
export interface PresenceEvents {
  enter(channel: string, info: ClientInfo, visibility: Visibility): void;
  /** Replaces the info of a client that has an entry, without a join or a leave. */
  renew(channel: string, info: ClientInfo, visibility: Visibility): void;
  leave(channel: string, info: ClientInfo, visibility: Visibility): void;
  /** Leaves that still wait: a gauge. */
  readonly waiting: number;
}

/**
 * Presence follows connections at once; only join and leave messages may wait. A user who reconnects inside the grace
 * was never away: the waiting leave is taken back, and the join is not published. Anonymous users cannot be recognised.
 */
export function createPresenceEvents({
  presence,
  announce,
  after,
  waitingMax = 100_000,
}: PresenceEventsPorts): PresenceEvents {
  /** By channel and user: how the leaves that wait are taken back, oldest first. */
  const waiting = new Map<string, (() => void)[]>();
  let count = 0;
  const keyOf = (channel: string, info: ClientInfo) => JSON.stringify([channel, info.user]);

  const takeBack = (key: string): boolean => {
    const leaves = waiting.get(key);
    const cancel = leaves?.shift();
    if (leaves?.length === 0) waiting.delete(key);
    if (cancel === undefined) return false;
    count -= 1;
    cancel();
    return true;
  };

  const wait = (key: string, grace: number, tell: () => void): void => {
    const leaves = waiting.get(key) ?? [];
    waiting.set(key, leaves);
    count += 1;
    const cancel = after(grace, () => {
      leaves.splice(leaves.indexOf(cancel), 1);
      if (leaves.length === 0) waiting.delete(key);
      count -= 1;
      tell();
    });
    leaves.push(cancel);
  };

  return {
    enter(channel, info, visibility) {
      if (visibility.presence) presence.enter(channel, info);
      if (!visibility.joinLeave) return;
      if (visibility.leaveGrace > 0 && takeBack(keyOf(channel, info))) return;
      announce({ type: "join", channel, info });
    },
    renew(channel, info, visibility) {
      if (visibility.presence) presence.enter(channel, info);
    },
    leave(channel, info, visibility) {
      if (visibility.presence) presence.leave(channel, info.client);
      if (!visibility.joinLeave) return;
      const tell = () => announce({ type: "leave", channel, info });
      if (visibility.leaveGrace === 0 || info.user === "" || count >= waitingMax) tell();
      else wait(keyOf(channel, info), visibility.leaveGrace, tell);
    },
    get waiting() {
      return count;
    },
  };
}
