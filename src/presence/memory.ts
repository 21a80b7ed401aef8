import type { ClientInfo } from "../core/publication.ts";
import type { PresenceStats } from "../core/reply.ts";
import type { Presence } from "./presence.ts";

interface Room {
  readonly clients: Map<string, ClientInfo>;
  /** A copy of `clients` that was given away; null after a change. */
  list: ReadonlyMap<string, ClientInfo> | null;
  /** How many connections each user has in the channel. */
  readonly users: Map<string, number>;
}

/** Presence that answers at once. */
export interface MemoryPresence extends Presence {
  list(channel: string): ReadonlyMap<string, ClientInfo>;
  stats(channel: string): PresenceStats;
  /** Channels with at least one entry. */
  readonly size: number;
}

const nobody: ReadonlyMap<string, ClientInfo> = new Map();

/** Presence in this process: exact, because an entry goes with its connection. A channel without anyone takes no room. */
export function createMemoryPresence(): MemoryPresence {
  const rooms = new Map<string, Room>();

  const leave = (channel: string, client: string): void => {
    const room = rooms.get(channel);
    const info = room?.clients.get(client);
    if (!room || !info) return;
    room.clients.delete(client);
    room.list = null;
    if (room.clients.size === 0) rooms.delete(channel);
    const rest = (room.users.get(info.user) ?? 1) - 1;
    if (rest > 0) room.users.set(info.user, rest);
    else room.users.delete(info.user);
  };

  return {
    enter(channel, info) {
      leave(channel, info.client);
      let room = rooms.get(channel);
      if (!room) {
        room = { clients: new Map(), users: new Map(), list: null };
        rooms.set(channel, room);
      }
      room.clients.set(info.client, info);
      room.list = null;
      room.users.set(info.user, (room.users.get(info.user) ?? 0) + 1);
    },
    leave,
    list: (channel) => {
      const room = rooms.get(channel);
      if (!room) return nobody;
      room.list ??= new Map(room.clients);
      return room.list;
    },
    stats: (channel) => {
      const room = rooms.get(channel);
      return { clients: room?.clients.size ?? 0, users: room?.users.size ?? 0 };
    },
    get size() {
      return rooms.size;
    },
  };
}
