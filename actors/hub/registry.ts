import type { Socket } from "../../src/core/socket.ts";
import type { ConnectionEvent } from "../connection/events.ts";
import type { ConnectionContext } from "../connection/record.ts";

/** A connection as the Hub and the transport see it. */
export interface ConnectionRef {
  send(event: ConnectionEvent): void;
  /** `status` is `active` until it has ended. */
  getSnapshot(): { readonly value: string | object; readonly context: ConnectionContext; readonly status: string };
}

/** Which connections a back end means: all of a user's, or of those one alone, without the ones it names. */
export interface Target {
  /** "" means the anonymous connections. */
  readonly user: string;
  /** One connection's id; "" is all of the user's. */
  readonly client: string;
  /** The session of one connection, as an emulated transport has it; absent or "": all of the user's. */
  readonly session?: string;
  /** The connection `client` of any user; absent: it must be a connection of `user`. */
  readonly isAnyUser?: boolean;
  readonly except: ReadonlySet<string>;
}

/** The states of a connection, outermost level: see `connection/machine.ts`. */
export type ConnectionState = "handshaking" | "authenticated" | "draining" | "closed";

/** One connection of this node, as other rooms see it. To send it an event, send `user.tell` to the Hub. */
export interface Member {
  readonly id: string;
  /** Null until the credentials were accepted; "" is anonymous. */
  readonly user: string | null;
  /** Which of the user's devices it is; "" where it names none. */
  readonly device: string;
  readonly socket: Socket;
  readonly state: ConnectionState;
  /** It takes messages that belong to no channel: it was admitted, is not ending, and its protocol has them. */
  readonly hearsMessages: boolean;
  /** It has joined its channels: events of the Hub reach it at once. */
  readonly isGreeted: boolean;
}

/** The connections of this node, for reading. Every answer is current: nothing is cached, nothing is asynchronous. */
export interface Registry {
  /** The connection with this id; null where this node has none. */
  member(id: string): Member | null;
  /** The connections of a user; "" means the anonymous connections. */
  ofUser(user: string): readonly Member[];
  /** The connections of this node that a target names. */
  targeted(target: Target): readonly Member[];
  /** Connections in any state, and users with at least one (the anonymous not counted). */
  count(): { readonly connections: number; readonly users: number };
}

/** The connections of users at other processes of this node. */
export interface UserCounts {
  /** A connection of a user was admitted here, and has ended. */
  entered(user: string, client: string): void;
  left(user: string): void;
  /** How many connections a user has at the others, as far as it is known here. */
  elsewhere(user: string): number;
}

/** One connection that the Hub owns, with the actor that other rooms do not reach. */
export class OwnedMember implements Member {
  readonly id: string;
  /** Its place among the slots: the id of its actor. */
  readonly slot: number;
  readonly ref: ConnectionRef;
  /** Kept so that a connection that crashed can still be closed. */
  readonly socket: Socket;

  constructor(slot: number, ref: ConnectionRef, socket: Socket) {
    this.id = socket.id;
    this.slot = slot;
    this.ref = ref;
    this.socket = socket;
  }

  get user(): string | null {
    return this.ref.getSnapshot().context.connection.identity?.user ?? null;
  }

  get device(): string {
    return this.ref.getSnapshot().context.connection.identity?.device ?? "";
  }

  get hearsMessages(): boolean {
    return this.socket.capabilities.canReceiveMessages && this.state === "authenticated";
  }

  get isGreeted(): boolean {
    const { value } = this.ref.getSnapshot();
    return typeof value === "object" && "authenticated" in value && value.authenticated !== "connecting";
  }

  get state(): ConnectionState {
    const { value } = this.ref.getSnapshot();
    return (typeof value === "string" ? value : Object.keys(value)[0]) as ConnectionState;
  }
}

/**
 * The Hub's own table of connections: by id, by user and by slot. Changed in place, because a copy would cost O(N) an
 * event. Only `adopt.ts` adds, and only the Hub's actions change it.
 */
export class Members implements Registry {
  readonly #byId = new Map<string, OwnedMember>();
  /** By user id, without the anonymous. */
  readonly #byUser = new Map<string, Set<OwnedMember>>();
  /** An empty slot is free, and its number is in `#freeSlots`. */
  readonly #slots: (OwnedMember | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  /** The server drains: the Hub receives an event for each new connection. */
  isDraining = false;
  readonly #others: UserCounts | null;

  /** `others`: null where this process is alone. */
  constructor(others: UserCounts | null = null) {
    this.#others = others;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Slots in use and free: how many connections there were at most at the same time. */
  get slotCount(): number {
    return this.#slots.length;
  }

  member(id: string): OwnedMember | null {
    return this.#byId.get(id) ?? null;
  }

  ofUser(user: string): readonly OwnedMember[] {
    if (user !== "") return [...(this.#byUser.get(user) ?? [])];
    return [...this.#byId.values()].filter((member) => member.user === "");
  }

  count(): { connections: number; users: number } {
    return { connections: this.#byId.size, users: this.#byUser.size };
  }

  all(): readonly OwnedMember[] {
    return [...this.#byId.values()];
  }

  inSlot(slot: number): OwnedMember | null {
    return this.#slots[slot] ?? null;
  }

  /** The connections that a target names; a copy, because an event that they are sent may end them. */
  targeted({ user, client, session = "", isAnyUser = false, except }: Target): readonly OwnedMember[] {
    const isMeant = ({ id, socket }: OwnedMember) => !except.has(id) && (session === "" || socket.session === session);
    if (client === "") return this.ofUser(user).filter(isMeant);
    const member = this.member(client);
    const isOfUser = isAnyUser ? member?.user !== null : member?.user === user;
    return member && isOfUser && isMeant(member) ? [member] : [];
  }

  /** A free slot, for the next member. */
  takeSlot(): number {
    return this.#freeSlots.pop() ?? this.#slots.length;
  }

  add(member: OwnedMember): void {
    this.#byId.set(member.id, member);
    this.#slots[member.slot] = member;
  }

  /** Registers the user of a connection; false where the user has `limit` connections already (0: no limit). */
  identify(member: OwnedMember, user: string, limit: number): boolean {
    if (user === "") return true;
    const members = this.#byUser.get(user);
    const count = limit === 0 ? 0 : (members?.size ?? 0) + (this.#others?.elsewhere(user) ?? 0);
    if (limit > 0 && count >= limit) return false;
    if (members) members.add(member);
    else this.#byUser.set(user, new Set([member]));
    this.#others?.entered(user, member.id);
    return true;
  }

  forget(slot: number): void {
    const member = this.#slots[slot];
    if (!member) return;
    this.#slots[slot] = undefined;
    this.#freeSlots.push(slot);
    this.#byId.delete(member.id);
    if (!member.user) return;
    const members = this.#byUser.get(member.user);
    if (members?.delete(member)) this.#others?.left(member.user);
    if (members?.size === 0) this.#byUser.delete(member.user);
  }
}
