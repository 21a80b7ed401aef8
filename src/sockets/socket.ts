import type { Server, ServerWebSocket } from "bun";
import type { ConnectionRef } from "../../actors/hub/registry.ts";
import { type Disconnect, isTold } from "../core/disconnects.ts";
import type { Frame } from "../core/frame.ts";
import type { Publication } from "../core/publication.ts";
import type { Token } from "../core/sealed.ts";
import type { Attachment, Receiver } from "../core/socket.ts";
import type { NativeSubscriber } from "../delivery/subscribers.ts";
import type { Counters } from "../metrics/counters.ts";
import type { Arriving } from "./arrivals.ts";
import { ClientSocket, type Opening, type SocketPorts } from "./client-socket.ts";
import type { Turning } from "./inbound-turns.ts";

/** What was learnt of a client from its upgrade request. */
export interface SocketOpening extends Opening {
  /** The port of the peer, which may be a proxy; 0 where it has none. */
  readonly peerPort: number;
  readonly isSecure: boolean;
  /** The listener that took it: its topics are its own. */
  readonly server: Server<BunSocket> | null;
  /** Credentials that came with the upgrade; null for none. */
  readonly token: Token | null;
}

/** A WebSocket of Bun's as its connection sees it; Bun carries it as the `data` of its own object. */
export class BunSocket extends ClientSocket implements Arriving, Turning {
  /** The listener that took it: its topics are its own. */
  readonly server: Server<BunSocket> | null;
  /** Bun's socket, from `open` until it is closed. */
  ws: ServerWebSocket<BunSocket> | null = null;
  /** The credentials that came with the upgrade, until they were handed over. */
  token: Token | null;
  /** A ping of ours is out: the next pong was asked for. */
  pinged = false;
  readonly peerPort: number;
  readonly isSecure: boolean;
  fd = -1;
  framed = 0;
  settled = -1;
  receivedAtPing = -1;
  isHeld = false;
  releasedAt = Number.NEGATIVE_INFINITY;

  constructor(opening: SocketOpening, ports: SocketPorts, tokens: number) {
    super(opening, ports, tokens);
    this.server = opening.server;
    this.token = opening.token;
    this.peerPort = opening.peerPort;
    this.isSecure = opening.isSecure;
  }

  /** The connect request of a unidirectional client whose query has it; null for all others. */
  get request(): Frame | null {
    return null;
  }

  /** Whether it is a socket of the server with these counters: two servers may share a listener. */
  isCountedBy(counters: Counters): boolean {
    return this.ports.counters === counters;
  }

  send(frame: Frame): void {
    if (!this.ws) return;
    const { counters } = this.ports;
    counters.framesOut += 1;
    counters.bytesOut += frame.length;
    if (this.ws.send(frame) === -1) this.ports.stalled(this);
  }

  ping(): void {
    this.ports.arrivals.pinged(this);
    const { ping } = this.protocol;
    if (ping !== null) {
      this.send(ping);
      return;
    }
    this.pinged = true;
    this.ws?.ping();
    this.watch();
  }

  get transport(): string {
    return "websocket";
  }

  get kind(): "native" {
    return "native";
  }

  get receiver(): Receiver | null {
    return isSubscriber(this) ? this : null;
  }

  attach(this: BunSocket & NativeSubscriber, attachment: Attachment, base?: Publication): void {
    if (this.ws) this.ports.subscribers.attach(this, attachment, base);
  }

  detach(this: BunSocket & NativeSubscriber, channel: string): void {
    this.ports.subscribers.detach(channel, this);
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

  isOpen(): boolean {
    return this.ws !== null;
  }

  unsent(): number {
    return this.ws?.getBufferedAmount() ?? 0;
  }

  hasArrived(): boolean {
    return this.ports.arrivals.hasArrived(this);
  }

  localPort(): number {
    return this.server?.port ?? 0;
  }

  /** It continues also when it is closed: the runtime would not see the peer's end otherwise. */
  pause(): () => void {
    const { ws } = this;
    ws?.pause();
    return () => void ws?.resume();
  }

  peerAddress(): string {
    return this.ws?.remoteAddress ?? "";
  }

  messageBytesMax(): number {
    const { textBytesMax, binaryBytesMax } = this.protocol.settings;
    const max = Math.max(textBytesMax, binaryBytesMax);
    return this.isConnecting() ? Math.min(max, this.ports.connectBytesMax) : max;
  }

  /** Whether the credentials are not accepted yet. */
  isConnecting(): boolean {
    const value = this.connection?.getSnapshot().value;
    return typeof value === "object" && "handshaking" in value;
  }

  unfinished(): void {
    this.slow();
  }

  oversized(): void {
    this.connection?.send({ type: "socket.oversized" });
  }

  close(disconnect: Disconnect): void {
    const ws = this.#detachSocket();
    if (isTold(disconnect)) ws?.close(disconnect.code, disconnect.reason);
    else ws?.terminate();
  }

  terminate(): void {
    this.ws?.terminate();
  }

  /** Forgets Bun's socket, so that its `close` handler has no connection to tell. */
  #detachSocket(): ServerWebSocket<BunSocket> | null {
    const { ws } = this;
    this.release();
    this.ws = null;
    return ws;
  }

  /** Bun's socket is closed: returns its connection, which leaves its channels itself. */
  closed(): ConnectionRef | null {
    this.ws = null;
    return this.release();
  }
}

/** Whether the socket's protocol has an encoding, so that it can receive channels. */
function isSubscriber(socket: BunSocket): socket is BunSocket & NativeSubscriber {
  return socket.encoding !== null;
}
