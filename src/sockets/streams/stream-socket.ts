import type { Clock } from "../../core/clock.ts";
import { type Disconnect, disconnects, isTold } from "../../core/disconnects.ts";
import type { ClientError } from "../../core/errors.ts";
import type { Frame } from "../../core/frame.ts";
import type { Publication } from "../../core/publication.ts";
import type { Reply } from "../../core/reply.ts";
import type { Attachment, Receiver } from "../../core/socket.ts";
import type { DirectSubscriber } from "../../delivery/subscribers.ts";
import { ClientSocket, type Opening, type SocketPorts } from "../client-socket.ts";
import type { Turning } from "../inbound-turns.ts";
import type { Framing } from "./framing.ts";
import type { Flushed, TurnWriter } from "./turn-writer.ts";

/** What was learnt of a client from the request that its stream answers. */
export interface StreamOpening extends Opening {
  readonly framing: Framing;
  /** The secret id of the connection in requests of its client, and in calls of the API. */
  readonly session: string;
  /** The id of this node. */
  readonly node: string;
}

/** What all streams of a server share beside what all sockets share. */
export interface StreamSocketPorts {
  readonly clock: Clock;
  readonly writer: TurnWriter;
}

/**
 * Bytes that wait in a body without counting as unsent: the runtime writes them at the end of the turn, so that some
 * always wait right after a frame was sent, and a body that ends delivers them. What is sent in one turn is handed to the
 * runtime together, or as soon as there is more than this.
 */
const uncountedMax = 65_536;

/** The body of a streamed response as a connection's socket: frames go down it, commands come in other requests. */
export class StreamSocket extends ClientSocket implements Turning, Flushed {
  isHeld = false;
  releasedAt = 0;
  readonly session: string;
  readonly #node: string;
  readonly #framing: Framing;
  readonly #shared: StreamSocketPorts;
  /** Called once, when the client has left or the body has ended. */
  ended: (() => void) | null = null;
  /** Called once: with null when the client is sent something, or with why nothing was. */
  opened: ((refusal: Disconnect | null) => void) | null = null;
  /** The error that the connect was refused with, where the protocol has no reply for it. */
  #error: ClientError | null = null;
  #body: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** Bytes that the client had taken at the last look. */
  #taken = 0;
  #written = 0;
  /** What was sent and not handed to the runtime yet; null for nothing. */
  #pieces: Uint8Array[] | null = null;
  /** Bytes of the pieces. */
  #held = 0;
  /** More than `uncountedMax` bytes waited. */
  #isWatched = false;

  constructor(opening: StreamOpening, ports: SocketPorts, tokens: number, shared: StreamSocketPorts) {
    super(opening, ports, tokens);
    this.session = opening.session;
    this.#node = opening.node;
    this.#framing = opening.framing;
    this.#shared = shared;
  }

  /** The body; to be given to the response. */
  open(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (body) => {
          this.#body = body as ReadableStreamDefaultController<Uint8Array>;
          if (this.#framing.opening !== "") this.#write(Buffer.from(this.#framing.opening));
        },
        // The runtime has taken all, and waits for more.
        pull: () => this.#drained(),
        cancel: () => this.closed(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: 0 }) as QueuingStrategy<Uint8Array>,
    );
  }

  send(frame: Frame): void {
    if (!this.#body) return;
    const { counters } = this.ports;
    counters.framesOut += 1;
    counters.bytesOut += frame.length;
    this.#write(this.#framing.wrap(frame));
    this.#open(null);
  }

  /** Hands what was sent to the runtime. */
  flush(): void {
    if (!this.#pieces || !this.#body) return;
    const bytes = this.#shared.writer.join(this.#pieces);
    this.#forget();
    this.#written += bytes.byteLength;
    try {
      this.#body.enqueue(bytes);
    } catch {
      // The runtime has ended the body: one that has must not keep the others of this turn from theirs.
      this.closed();
    }
    this.watch();
  }

  /** The reply to connect names the session. */
  override reply(reply: Reply): void {
    if (reply.method === "error") this.#error = reply.error;
    if (reply.method !== "connect") super.reply(reply);
    else super.reply({ ...reply, result: { ...reply.result, session: { id: this.session, node: this.#node } } });
  }

  ping(): void {
    this.sendEncoded(this.protocol.ping);
  }

  get transport(): string {
    return this.#framing.transport;
  }

  get kind(): "direct" {
    return "direct";
  }

  get receiver(): Receiver | null {
    return isSubscriber(this) ? this : null;
  }

  attach(this: StreamSocket & DirectSubscriber, attachment: Attachment, base?: Publication): void {
    if (this.#body) this.ports.subscribers.attach(this, attachment, base);
  }

  detach(this: StreamSocket & DirectSubscriber, channel: string): void {
    this.ports.subscribers.detach(channel, this);
  }

  isOpen(): boolean {
    return this.#body !== null;
  }

  hasArrived(): boolean {
    return false;
  }

  /** Its commands come in requests, each of which waits for its answer. */
  pause(): () => void {
    return () => {};
  }

  unsent(): number {
    const waiting = this.waiting();
    if (waiting <= uncountedMax) return 0;
    this.#isWatched = true;
    return waiting;
  }

  /** A client that takes nothing is found by time, however little waits for it. */
  waiting(): number {
    if (!this.#body) return 0;
    const waiting = -(this.#body.desiredSize ?? 0);
    // The runtime takes from what it was handed alone.
    if (this.#written - waiting > this.#taken) {
      this.#taken = this.#written - waiting;
      this.progressAt = this.#shared.clock.monotonic();
    }
    return waiting + this.#held;
  }

  override watch(): void {
    if (this.waiting() > 0) this.ports.stalled(this);
  }

  /** A stream has no close frame: the reason is the last push, if it has one to give, and then the body ends. */
  close(disconnect: Disconnect): void {
    this.#open(this.#error ? { code: this.#error.code, reason: this.#error.message } : disconnect);
    if (this.#body && isTold(disconnect)) this.push({ type: "disconnect", disconnect });
    this.flush();
    const body = this.#body;
    this.#end();
    this.release();
    body?.close();
  }

  terminate(): void {
    this.#body?.error(new Error("terminated"));
    this.closed();
  }

  /** The client has gone: notifies its connection. */
  closed(): void {
    this.#open(disconnects.connectionClosed);
    this.#end();
    this.release()?.send({ type: "socket.closed", disconnect: disconnects.connectionClosed });
  }

  /** Told only while it matters: an event of the actor for each frame would cost more than the frame. */
  #drained(): void {
    if (!this.#isWatched) return;
    this.#isWatched = false;
    this.connection?.send({ type: "socket.drained" });
  }

  #open(refusal: Disconnect | null): void {
    this.opened?.(refusal);
    this.opened = null;
  }

  #end(): void {
    this.#body = null;
    this.#forget();
    this.ended?.();
    this.ended = null;
  }

  #write(bytes: Uint8Array): void {
    if (this.#pieces) this.#pieces.push(bytes);
    else {
      this.#pieces = [bytes];
      this.#shared.writer.add(this);
    }
    this.#held += bytes.byteLength;
    if (this.#held > uncountedMax) this.flush();
  }

  #forget(): void {
    this.#pieces = null;
    this.#held = 0;
  }
}

/** Whether the stream's protocol has an encoding, so that it can receive channels. */
function isSubscriber(socket: StreamSocket): socket is StreamSocket & DirectSubscriber {
  return socket.encoding !== null;
}
