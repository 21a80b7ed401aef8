import type { ConnectionRef } from "../../actors/hub/registry.ts";
import type { Capabilities, Heartbeat, HeldMax } from "../core/capabilities.ts";
import type { Disconnect } from "../core/disconnects.ts";
import type { Frame } from "../core/frame.ts";
import type { Payload } from "../core/payload.ts";
import type { Bucket } from "../core/rate.ts";
import type { Push, Reply } from "../core/reply.ts";
import type { Receiver, Socket, UpgradeRequest } from "../core/socket.ts";
import type { Consumer } from "../delivery/slow-consumers.ts";
import type { SubscriberTable } from "../delivery/subscribers.ts";
import { type Counters, countIn } from "../metrics/counters.ts";
import type { Encoding, Protocol } from "../protocol/protocol.ts";
import type { Arrivals } from "./arrivals.ts";
import type { ByteBucket, Sender } from "./bytes-rate.ts";

/** An answer costs a token of its client's message rate for so many bytes. */
const answerTokenBytes = 4_096;
/** So many unsent bytes of answers do not make a client slow: it has asked for them, and takes them in its time. */
const answeredBytesMax = 16 * 1024 * 1024;

/** What was learnt of a client from its first request. */
export interface Opening {
  readonly id: string;
  readonly protocol: Protocol;
  readonly address: string;
  /** The request; null where no part of the server reads it. */
  readonly upgrade: UpgradeRequest | null;
  /** What its address is counted by; null where it is not. */
  readonly limitKey: string | null;
  readonly defaultChannel: string;
  /** The user that a header of the request names; absent where none does. */
  readonly headerUser?: string;
}

/** What all sockets of a server share. */
export interface SocketPorts {
  readonly subscribers: Pick<SubscriberTable, "attach" | "detach">;
  readonly counters: Counters;
  /** Told of a socket that has something unsent, so that the sweep watches it. */
  stalled(socket: Consumer): void;
  readonly arrivals: Pick<Arrivals, "pinged" | "hasArrived">;
  /** Bytes of a frame before the credentials are accepted: no path takes larger ones of strangers. */
  readonly connectBytesMax: number;
}

/**
 * What the socket of every transport is to its connection, to the limits of what it sends, and to the watch of what it
 * takes. One object a connection, because every field costs its bytes fifty thousand times.
 */
export abstract class ClientSocket implements Socket, Consumer, Bucket, Sender {
  readonly id: string;
  readonly protocol: Protocol;
  readonly address: string;
  readonly upgrade: UpgradeRequest | null;
  readonly limitKey: string | null;
  readonly defaultChannel: string;
  readonly headerUser?: string;
  protected readonly ports: SocketPorts;
  /** The actor, until it or the socket ends. */
  connection: ConnectionRef | null = null;
  /** Publish commands go through the publish lane, past the actor. */
  isLaneOpen = false;
  /** Frames that the client has sent: what is limited per frame is counted by them. */
  frames = 0;
  /** See `lastHeard`. */
  heardAt = 0;
  tokens: number;
  filledAt = 0;
  byteBucket: ByteBucket | null = null;
  /** Refusals for rate since `refusedAt`, a monotonic time in milliseconds. */
  refusals = 0;
  refusedAt = 0;
  /** Bytes of long answers since nothing was unsent. */
  answered = 0;
  /** When the client last took some of what was queued, in monotonic milliseconds. */
  progressAt = 0;

  constructor(
    { id, protocol, address, upgrade, limitKey, defaultChannel, headerUser }: Opening,
    ports: SocketPorts,
    tokens: number,
  ) {
    this.id = id;
    this.protocol = protocol;
    this.address = address;
    this.upgrade = upgrade;
    this.limitKey = limitKey;
    this.defaultChannel = defaultChannel;
    if (headerUser !== undefined) this.headerUser = headerUser;
    this.ports = ports;
    this.tokens = tokens;
  }

  abstract get transport(): string;
  abstract get receiver(): Receiver | null;
  abstract send(frame: Frame): void;
  abstract ping(): void;
  abstract isOpen(): boolean;
  abstract hasArrived(): boolean;
  abstract unsent(): number;
  abstract close(disconnect: Disconnect): void;
  abstract terminate(): void;

  /** Told that a frame of the client could not be read. */
  unreadable(): void {}

  charge(tokens: number): void {
    this.tokens -= tokens;
  }

  chargeAnswer(bytes: number): void {
    this.tokens -= Math.floor(bytes / answerTokenBytes);
    const before = this.unsent() === 0 ? 0 : this.answered;
    this.answered = Math.min(answeredBytesMax, before + bytes);
  }

  reply(reply: Reply): void {
    if (reply.method === "error") countIn(this.ports.counters.commandErrors, reply.error.code);
    this.sendEncoded(this.protocol.encodeReply(reply));
  }

  push(push: Push): void {
    this.sendEncoded(this.protocol.encodePush(push));
  }

  message(data: Payload): void {
    this.sendEncoded(this.protocol.encodeMessage(data));
  }

  /** Has the sweep watch the socket where it has something unsent. */
  watch(): void {
    if (this.unsent() > 0) this.ports.stalled(this);
  }

  get dialect(): string {
    return this.protocol.dialect;
  }

  get encodingName(): string {
    return this.protocol.encoding?.name ?? "";
  }

  get capabilities(): Capabilities {
    return this.protocol.capabilities;
  }

  get heartbeat(): Heartbeat {
    return this.protocol.settings.heartbeat;
  }

  get heldMax(): HeldMax {
    return this.protocol.settings.heldMax;
  }

  get queueBytesMax(): number {
    return this.protocol.settings.queueBytesMax + this.answered;
  }

  get encoding(): Encoding | null {
    return this.protocol.encoding;
  }

  slow(): void {
    this.connection?.send({ type: "socket.slow" });
  }

  lost(channel: string, epoch: string): void {
    this.connection?.send({ type: "stream.begun", channel, epoch });
  }

  lastHeard(): number {
    return this.heardAt;
  }

  openLane(): void {
    this.isLaneOpen = true;
  }

  closeLane(): void {
    this.isLaneOpen = false;
  }

  protected sendEncoded(frame: Frame | null): void {
    if (frame !== null) this.send(frame);
  }

  /** Forgets the actor; returns it. */
  protected release(): ConnectionRef | null {
    const { connection } = this;
    this.connection = null;
    this.isLaneOpen = false;
    return connection;
  }
}
