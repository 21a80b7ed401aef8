import type { Server, ServerWebSocket } from "bun";
import type { ConnectionRef } from "../../actors/hub/registry.ts";
import type { Capabilities, Heartbeat, HeldMax } from "../core/capabilities.ts";
import type { Disconnect } from "../core/disconnects.ts";
import type { Frame } from "../core/frame.ts";
import type { Payload } from "../core/payload.ts";
import type { Bucket } from "../core/rate.ts";
import type { Push, Reply } from "../core/reply.ts";
import type { Token } from "../core/sealed.ts";
import type { Attachment, Receiver, Socket, UpgradeRequest } from "../core/socket.ts";
import type { Consumer } from "../delivery/slow-consumers.ts";
import type { NativeSubscriber, SubscriberTable } from "../delivery/subscribers.ts";
import { type Counters, countIn } from "../metrics/counters.ts";
import type { Encoding, Protocol } from "../protocol/protocol.ts";
import type { Arrivals, Arriving } from "./arrivals.ts";
import type { ByteBucket, Sender } from "./bytes-rate.ts";

/** What was learnt of a client from its upgrade request. */
export interface Opening {
  readonly id: string;
  readonly protocol: Protocol;
  readonly address: string;
  /** The request; null where no part of the server reads it. */
  readonly upgrade: UpgradeRequest | null;
  /** What its address is counted by; null where it is not. */
  readonly limitKey: string | null;
  /** The port of the peer, which may be a proxy; 0 where it has none. */
  readonly peerPort: number;
  readonly isSecure: boolean;
  /** The listener that took it: its topics are its own. */
  readonly server: Server<BunSocket> | null;
  readonly defaultChannel: string;
  /** Credentials that came with the upgrade; null for none. */
  readonly token: Token | null;
}

/** What all sockets of a server share. */
export interface SocketPorts {
  readonly subscribers: Pick<SubscriberTable, "attach" | "detach">;
  readonly counters: Counters;
  /** Told of a socket that has something unsent, so that the sweep watches it. */
  stalled(socket: Consumer): void;
  readonly arrivals: Pick<Arrivals, "pinged" | "hasArrived">;
}

/**
 * A socket of Bun's as its connection sees it, and the record that the transport keeps of it: Bun carries it as the
 * socket's `data`. One object a connection, because every field costs its bytes fifty thousand times.
 */
export class BunSocket implements Socket, Consumer, Bucket, Sender, Arriving {
  readonly id: string;
  readonly protocol: Protocol;
  readonly address: string;
  readonly upgrade: UpgradeRequest | null;
  readonly limitKey: string | null;
  readonly server: Server<BunSocket> | null;
  readonly defaultChannel: string;
  readonly #ports: SocketPorts;
  /** Bun's socket, from `open` until it is closed. */
  ws: ServerWebSocket<BunSocket> | null = null;
  /** The actor, until it or the socket ends. */
  connection: ConnectionRef | null = null;
  /** Publish commands go through the publish lane, past the actor. */
  isLaneOpen = false;
  /** The credentials that came with the upgrade, until they were handed over. */
  token: Token | null;
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
  /** When the client last took some of what was queued, in monotonic milliseconds. */
  progressAt = 0;
  /** A ping of ours is out: the next pong was asked for. */
  pinged = false;
  readonly peerPort: number;
  readonly isSecure: boolean;
  fd = -1;
  framed = 0;
  settled = -1;
  receivedAtPing = -1;

  constructor(
    { id, protocol, address, upgrade, limitKey, peerPort, isSecure, server, defaultChannel, token }: Opening,
    ports: SocketPorts,
    tokens: number,
  ) {
    this.id = id;
    this.protocol = protocol;
    this.address = address;
    this.upgrade = upgrade;
    this.limitKey = limitKey;
    this.peerPort = peerPort;
    this.isSecure = isSecure;
    this.server = server;
    this.defaultChannel = defaultChannel;
    this.token = token;
    this.#ports = ports;
    this.tokens = tokens;
  }

  send(frame: Frame): void {
    if (!this.ws) return;
    const { counters } = this.#ports;
    counters.framesOut += 1;
    counters.bytesOut += frame.length;
    if (this.ws.send(frame) === -1) this.#ports.stalled(this);
  }

  reply(reply: Reply): void {
    if (reply.method === "error") countIn(this.#ports.counters.commandErrors, reply.error.code);
    this.#sendEncoded(this.protocol.encodeReply(reply));
  }

  push(push: Push): void {
    this.#sendEncoded(this.protocol.encodePush(push));
  }

  message(data: Payload): void {
    this.#sendEncoded(this.protocol.encodeMessage(data));
  }

  ping(): void {
    this.#ports.arrivals.pinged(this);
    const { ping } = this.protocol;
    if (ping !== null) {
      this.send(ping);
      return;
    }
    this.pinged = true;
    this.ws?.ping();
    this.watch();
  }

  /** Has the sweep watch the socket where it has something unsent. */
  watch(): void {
    if (this.unsent() > 0) this.#ports.stalled(this);
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
    return this.protocol.settings.queueBytesMax;
  }

  get encoding(): Encoding | null {
    return this.protocol.encoding;
  }

  get kind(): "native" {
    return "native";
  }

  get receiver(): Receiver | null {
    return isSubscriber(this) ? this : null;
  }

  attach(this: BunSocket & NativeSubscriber, attachment: Attachment): void {
    if (this.ws) this.#ports.subscribers.attach(this, attachment);
  }

  detach(this: BunSocket & NativeSubscriber, channel: string): void {
    this.#ports.subscribers.detach(channel, this);
  }

  subscribe(topic: string): void {
    this.ws?.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.ws?.unsubscribe(topic);
  }

  publishToOthers(topic: string, frame: Frame): number | null {
    return this.ws?.publish(topic, frame) ?? null;
  }

  slow(): void {
    this.connection?.send({ type: "socket.slow" });
  }

  lost(channel: string, epoch: string): void {
    this.connection?.send({ type: "stream.begun", channel, epoch });
  }

  isOpen(): boolean {
    return this.ws !== null;
  }

  unsent(): number {
    return this.ws?.getBufferedAmount() ?? 0;
  }

  lastHeard(): number {
    return this.heardAt;
  }

  hasArrived(): boolean {
    return this.#ports.arrivals.hasArrived(this);
  }

  peerAddress(): string {
    return this.ws?.remoteAddress ?? "";
  }

  unfinished(): void {
    this.slow();
  }

  openLane(): void {
    this.isLaneOpen = true;
  }

  closeLane(): void {
    this.isLaneOpen = false;
  }

  close({ code, reason }: Disconnect): void {
    this.#release()?.close(code, reason);
  }

  terminate(): void {
    this.ws?.terminate();
  }

  #sendEncoded(frame: Frame | null): void {
    if (frame !== null) this.send(frame);
  }

  /** Lets go of Bun's socket, so that its `close` handler has nobody to tell. */
  #release(): ServerWebSocket<BunSocket> | null {
    const { ws } = this;
    this.connection = null;
    this.isLaneOpen = false;
    this.ws = null;
    return ws;
  }

  /** Bun's socket is gone: its connection is handed back to be told, and leaves its channels itself. */
  closed(): ConnectionRef | null {
    const { connection } = this;
    this.#release();
    return connection;
  }
}

/** Whether the socket's protocol has an encoding, so that it can receive channels. */
function isSubscriber(socket: BunSocket): socket is BunSocket & NativeSubscriber {
  return socket.encoding !== null;
}
