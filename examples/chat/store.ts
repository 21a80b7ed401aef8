import type * as v from "valibot";
import type { Message } from "./contract.ts";

/** A message as it is published and stored. */
export type StoredMessage = v.InferInput<typeof Message>;

export interface User {
  readonly id: string;
  readonly name: string;
  readonly avatar: string | null;
  readonly role: "member" | "moderator";
}

/** A session of the web application, and when it ends. */
export interface Session extends User {
  readonly until: Date;
}

interface Room {
  readonly topic: string;
  readonly members: Set<string>;
  readonly banned: Set<string>;
  readonly messages: Map<string, StoredMessage>;
}

/** The application's own data. Here in memory; a database answers with promises, and nothing else changes. */
export class ChatStore {
  readonly sessions = new Map<string, Session>();
  readonly rooms = new Map<string, Room>();
  /** Who is typing, by room: what the `typing` message of a client is for. */
  readonly typing: { readonly room: string; readonly user: string }[] = [];

  addRoom(name: string, topic: string, members: Iterable<string>): Room {
    const room: Room = { topic, members: new Set(members), banned: new Set(), messages: new Map() };
    this.rooms.set(name, room);
    return room;
  }

  async findSession(cookie: string | undefined): Promise<Session | null> {
    return (cookie !== undefined && this.sessions.get(cookie)) || null;
  }

  async findRoom(name: string): Promise<Room | null> {
    return this.rooms.get(name) ?? null;
  }

  async save(room: string, message: StoredMessage): Promise<void> {
    this.rooms.get(room)?.messages.set(message.id, message);
  }

  async findMessage(room: string, id: string): Promise<StoredMessage | null> {
    return this.rooms.get(room)?.messages.get(id) ?? null;
  }
}
