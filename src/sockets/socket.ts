import type { ServerWebSocket } from "bun";
import type { ConnectionRef } from "../../actors/hub/registry.ts";
import type { Disconnect } from "../core/disconnects.ts";
import type { Frame, ProtocolName } from "../core/frame.ts";
import type { Bucket } from "../core/rate.ts";
import type { Token } from "../core/sealed.ts";
import type { Attachment, FrameGate, PublishGate, Socket } from "../core/socket.ts";
import type { Counters } from "../metrics/counters.ts";

/** What was learnt of a client from its upgrade request. */
export interface Opening {
  readonly id: string;
  readonly protocol: ProtocolName;
  readonly address: string;
  readonly defaultChannel: string;
  readonly nativePing: boolean;
  /** The plain protocol's credentials; null for none. */
  readonly token: Token | null;
}

/** What all sockets of a server share. */
export interface SocketPorts {
  /** Who receives which channel. */
  readonly subscribers: {
    attach(socket: BunSocket, attachment: Attachment): void;
    detach(channel: string, socket: BunSocket): void;
  };
  readonly counters: Counters;
  /** Told of a socket that has something unsent, so that the sweep looks after it. */
  stalled(socket: BunSocket): void;
}

/**
 * A socket of Bun's as its connection sees it, and the record that the transport keeps of it: Bun carries it as the
 * socket's `data`. One object a connection, because every field costs its bytes fifty thousand times.
 */
export class BunSocket implements Socket, Bucket {
  readonly id: string;
  readonly protocol: ProtocolName;
  readonly address: string;
  readonly defaultChannel: string;
  readonly nativePing: boolean;
  readonly #ports: SocketPorts;
  /** Bun's socket, from `open` until it is closed. */
  ws: ServerWebSocket<BunSocket> | null = null;
  /** The actor, until it or the socket ends. */
  connection: ConnectionRef | null = null;
  /** Takes frames instead of the actor while it is open. */
  frameGate: FrameGate | null = null;
  /** Takes publish commands instead of the actor while it is open. */
  publishGate: PublishGate | null = null;
  /** The plain protocol's credentials, until they were handed over. */
  token: Token | null;
  pingedAt = 0;
  unanswered = 0;
  /** See `framesHeard`. */
  frames = 0;
  /** See `lastHeard`. */
  heardAt = 0;
  tokens: number;
  filledAt = 0;
  /** Refusals for rate in a row. */
  refusals = 0;
  /** When the client last took some of what was queued, in monotonic milliseconds. */
  progressAt = 0;
  /** A ping of ours is out: the next pong was asked for. */
  pinged = false;

  constructor(
    { id, protocol, address, defaultChannel, nativePing, token }: Opening,
    ports: SocketPorts,
    tokens: number,
  ) {
    this.id = id;
    this.protocol = protocol;
    this.address = address;
    this.defaultChannel = defaultChannel;
    this.nativePing = nativePing;
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

  attach(attachment: Attachment): void {
    if (this.ws) this.#ports.subscribers.attach(this, attachment);
  }

  detach(channel: string): void {
    this.#ports.subscribers.detach(channel, this);
  }

  ping(): void {
    this.pinged = true;
    this.ws?.ping();
  }

  isOpen(): boolean {
    return this.ws !== null;
  }

  unsent(): number {
    return this.ws?.getBufferedAmount() ?? 0;
  }

  framesHeard(): number {
    return this.frames;
  }

  lastHeard(): number {
    return this.heardAt;
  }

  openGate(gate: FrameGate | PublishGate): void {
    if ("publish" in gate) this.publishGate = gate;
    else this.frameGate = gate;
  }

  take(frame: Frame): void {
    this.frameGate?.take(frame);
  }

  closeGate(): void {
    this.frameGate = null;
    this.publishGate = null;
  }

  close({ code, reason }: Disconnect): void {
    this.#release()?.close(code, reason);
  }

  terminate(): void {
    this.ws?.terminate();
  }

  /** Lets go of Bun's socket, so that its `close` handler has nobody to tell. */
  #release(): ServerWebSocket<BunSocket> | null {
    const { ws } = this;
    this.connection = null;
    this.closeGate();
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
