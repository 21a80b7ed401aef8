import type { Account } from "../../src/broker/broker.ts";
import type { Spender } from "../../src/core/bytes-budget.ts";
import type { ConnectCommand } from "../../src/core/command.ts";
import { type Disconnect, disconnects } from "../../src/core/disconnects.ts";
import type { Identity } from "../../src/core/identity.ts";
import type { ClientInfo } from "../../src/core/publication.ts";
import type { Bucket } from "../../src/core/rate.ts";
import type { Reply } from "../../src/core/reply.ts";
import type { Socket } from "../../src/core/socket.ts";
import type { Seconds } from "../../src/core/time.ts";
import type { ClientHooks } from "../../src/hooks/client-hooks.ts";
import type { Deadline } from "../deadlines.ts";
import type { AskedPublishes } from "./asked-publishes.ts";
import { HeldCommands, type Holdable } from "./held.ts";
import type { ConnectionOptions } from "./options.ts";
import type { Pending } from "./pending.ts";
import type { Questions } from "./questions.ts";
import type { Subscribed } from "./subscription.ts";
import { Subscriptions } from "./subscriptions.ts";

/** What a connection is born with. */
export interface ConnectionInput {
  /** Its socket, which also knows what was learnt at the upgrade. */
  readonly socket: Socket;
  readonly options: ConnectionOptions;
  /** The connect of a client that sends none; absent where it is to send one. */
  readonly connect?: ConnectCommand;
}

/** The context of a connection's machine, which XState copies: so the record is held by it. */
export interface ConnectionContext {
  readonly connection: ConnectionRecord;
}

/** The context that a connection begins with. */
export function contextOf(input: ConnectionInput): ConnectionContext {
  return { connection: new ConnectionRecord(input) };
}

/** A held subscribe whose join is being prepared before its turn. */
export interface Ahead {
  readonly event: Holdable;
  readonly ticket: number;
  /** The engine was ready before the turn had come: what it had prepared is given back. */
  isLapsed: boolean;
}

/**
 * All that changes about one connection, in one object, which the context of its machine holds. Created once and changed
 * in place, by the actions of its machine and by the publish lane; a copy for each change would cost more than the
 * change. Collections are made when they are needed: there may be fifty thousand of these.
 */
export class ConnectionRecord implements Bucket {
  readonly socket: Socket;
  readonly options: ConnectionOptions;
  /** What the client connects with, without its token; null before, and again when it has been welcomed. */
  connect: ConnectCommand | null;
  /** Who it is; null until the credentials hold. */
  identity: Identity | null = null;
  /** The expiry in force, in seconds since 1970; a refresh moves it. Null is never. */
  expireAt: Seconds | null = null;
  /** Why it ends: set on the way to `closed`, sent in the close frame, and logged. */
  disconnect: Disconnect = disconnects.connectionClosed;
  /** What it receives, by channel. */
  readonly subscriptions = new Subscriptions();
  /** Deadlines that are set, a few at the most. */
  readonly deadlines: Deadline[] = [];
  /** Commands that wait for their turn; null until one had to. */
  held: HeldCommands | null = null;
  pending: Pending | null = null;
  /** The number of what it waits for, or waited for last: an answer with another number is late. */
  ticket = 0;
  /** Numbers given so far. */
  tickets = 0;
  /** By ticket, in the order of the held subscribes; null until the machine had to wait while subscribes were held. */
  ahead: Map<number, Ahead> | null = null;
  /** Receives an event when the last publish that waits for its commit is answered. */
  awaitsPublishes = false;
  /** What hooks are asked beside its commands; null until the first question. */
  questions: Questions | null = null;
  /** Raw JSON that the connect reply hands over; null where there is none, and when it was sent. */
  welcome: string | null = null;
  /** Its calls of hooks; null until the first one. */
  hooks: ClientHooks | null = null;
  /** Publishes that hooks decide; null until the first one. */
  asked: AskedPublishes | null = null;
  /** When it was let in, in monotonic milliseconds; null before. */
  admittedAt: number | null = null;
  /** It has asked for a turn that has not come yet. */
  isTurnDue = false;
  /** When the last ping went out that was not answered yet, in monotonic milliseconds; 0 when none is open. */
  pingedAt = 0;
  /** Publishes of commands, and how many of them are answered: in their order, and before any later command. */
  published = 0;
  answered = 0;
  /** Answers of publishes that came before those of earlier ones, by the number of the publish; null until one did. */
  #early: Map<number, Reply | null> | null = null;
  /** Null until something of it was to be kept. */
  #account: Account | null = null;
  /** Publishes refused in a row, of a client that cannot read errors. */
  refusedPublishes = 0;
  /** The frame whose commands are being executed, and the bytes that recovery has brought for them. */
  frame = 0;
  recoveredBytes = 0;
  /** The rate of subscribes. */
  tokens: number;
  filledAt = 0;

  constructor({ socket, options, connect }: ConnectionInput) {
    this.socket = socket;
    this.options = options;
    this.connect = connect ?? null;
    this.tokens = options.subscribeRate.burst;
  }

  get user(): string {
    return this.identity?.user ?? "";
  }

  /** Who is charged for what stores keep of it; it is asked once the user is known. */
  get account(): Account {
    this.#account ??= accountOf(this);
    return this.#account;
  }

  /** The client is known; `connect` is what it connects with. */
  identify(identity: Identity, connect: ConnectCommand | null): void {
    this.identity = identity;
    this.expireAt = identity.expireAt;
    this.connect = connect;
  }

  /** Publishes that wait for their commit. */
  get unanswered(): number {
    return this.published - this.answered;
  }

  /** The number of another publish that waits for its answer. */
  nextPublish(): number {
    this.published += 1;
    return this.published;
  }

  /** Answers the publish with this number, with null not at all, in its turn, and those after it whose answers are there. */
  answerPublish(number: number, reply: Reply | null): void {
    if (number !== this.answered + 1) {
      this.#early ??= new Map();
      this.#early.set(number, reply);
      return;
    }
    let next: Reply | null | undefined = reply;
    while (next !== undefined) {
      this.answered += 1;
      if (next !== null) this.socket.reply(next);
      next = this.#early?.get(this.answered + 1);
      this.#early?.delete(this.answered + 1);
    }
  }

  get heldCount(): number {
    return this.held?.size ?? 0;
  }

  /** A command of another frame begins: what is limited per frame is counted anew. */
  beginFrame(frame: number): void {
    if (frame === this.frame) return;
    this.frame = frame;
    this.recoveredBytes = 0;
  }

  hold(event: Holdable): void {
    this.held ??= new HeldCommands();
    this.held.add(event);
  }

  canHold(event: Holdable): boolean {
    return (this.held ?? noneHeld).takes(event, this.socket.heldMax);
  }

  /** Remembers what the connection waits for; the number of it. */
  waitFor(pending: Pending, ticket = this.nextTicket()): number {
    this.pending = pending;
    this.ticket = ticket;
    return ticket;
  }

  nextTicket(): number {
    this.tickets += 1;
    return this.tickets;
  }

  /** What the connection waited for; it waits no longer. */
  takePending(): Pending | null {
    const { pending } = this;
    this.pending = null;
    return pending;
  }

  /** It ends: neither commands nor tokens are kept for it. */
  forgetCommands(): void {
    this.connect = null;
    this.pending = null;
    this.held = null;
    this.ahead = null;
    this.questions = null;
    this.welcome = null;
  }

  /** Info is taken with an expiry alone: a token that never expires is no newer than the one before (Centrifugo). */
  setExpiry(
    expireAt: Seconds | null,
    { info, meta }: { readonly info?: string | undefined; readonly meta?: string | undefined },
  ): void {
    this.expireAt = expireAt;
    if (this.identity === null || expireAt === null) return;
    if (info !== undefined) this.identity = { ...this.identity, info };
    if (meta !== undefined) this.identity = { ...this.identity, meta };
  }
}

const noneHeld = new HeldCommands();

/** Whose recoveries and answers are counted. */
export function spenderOf({ socket, user }: ConnectionRecord): Spender {
  return { client: socket.id, user, limitKey: socket.limitKey };
}

function accountOf({ user, socket, options }: ConnectionRecord): Account {
  const id = user === "" ? `address:${socket.limitKey ?? socket.address}` : `user:${user}`;
  return { id, share: options.streamShare };
}

/** How others see a connection in a channel. */
export function clientInfoOf(
  { socket, identity }: Pick<ConnectionRecord, "socket" | "identity">,
  subscription: Pick<Subscribed, "info"> | undefined,
): ClientInfo {
  const user = identity?.user ?? "";
  const client = socket.id;
  const connInfo = identity?.info;
  const chanInfo = subscription?.info;
  // On the way of every publication: a spread costs as much as all else here.
  if (connInfo === undefined) return chanInfo === undefined ? { user, client } : { user, client, chanInfo };
  return chanInfo === undefined ? { user, client, connInfo } : { user, client, connInfo, chanInfo };
}

/**
 * Whether the client has answered the last ping. A native pong reaches no actor: the socket remembers when it last
 * received anything, and any frame is a sign of life. In a protocol with pings of its own its pong is one, which has
 * cleared `pingedAt`. In both, bytes of a message that is still on its way are one.
 */
export function hasAnsweredPing({ socket, pingedAt }: Pick<ConnectionRecord, "socket" | "pingedAt">): boolean {
  return (socket.capabilities.hasNativePing && socket.lastHeard() > pingedAt) || socket.hasArrived();
}
