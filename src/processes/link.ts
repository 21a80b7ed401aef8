import { ByteReader, ByteWriter } from "../core/bytes.ts";
import type { Clock } from "../core/clock.ts";
import { kinds } from "./kinds.ts";

/** Writes the body of a message. */
export type Write = (to: ByteWriter) => void;
/** Is given the answer to a call; null where there is none in time, and where the call is refused. */
export type Answered = (answer: ByteReader | null) => void;
/** Answers a call, once; null refuses it. */
export type Reply = (write: Write | null) => void;

/** The socket below a link. */
export interface LinkSocket {
  /** How many of the bytes the system has taken; below 0 where the socket is closed. */
  write(bytes: Uint8Array): number;
  end(): void;
}

/** What a link works with. */
export interface LinkPorts {
  readonly clock: Clock;
  /** Runs a task after the code that runs now. */
  readonly schedule: (task: () => void) => void;
  /** The link has ended: its socket has, or the other side has said what cannot be read. Called once. */
  ended(reason: string): void;
}

/** How long a call waits for its answer, in milliseconds, as that of Redis does by default. */
export const answerMs = 4_000;
/** Bytes of one message; a larger one ends the link. */
const frameBytesMax = 67_108_864;
/** Bytes that wait for the socket; over it calls fail at once. */
const queueBytesMax = 67_108_864;

interface Pending {
  readonly done: Answered;
  /** Monotonic milliseconds. */
  readonly failsAt: number;
}

/**
 * The connection of two processes of one node: messages with a kind, some of which are answered. A message is its length
 * (what follows), its kind, an id (0 where it is not answered), and a body that its kind knows. Messages of one turn go
 * in one write, and arrive in their order. Nothing throws.
 */
export class Link {
  readonly #socket: LinkSocket;
  readonly #ports: LinkPorts;
  readonly #out = new ByteWriter();
  readonly #pending = new Map<number, Pending>();
  readonly #called = new Map<number, (body: ByteReader, reply: Reply) => void>();
  readonly #told = new Map<number, (body: ByteReader) => void>();
  /** The received parts of messages that are not whole, and how many bytes are needed to go on. */
  #chunks: Uint8Array[] = [];
  #chunkBytes = 0;
  #needed = 4;
  #isScheduled = false;
  #isBlocked = false;
  #isEnded = false;
  #lastId = 0;
  /** Monotonic milliseconds: when something was last heard. */
  heardAt: number;

  constructor(socket: LinkSocket, ports: LinkPorts) {
    this.#socket = socket;
    this.#ports = ports;
    this.heardAt = ports.clock.monotonic();
  }

  /** Bytes that wait for the socket. */
  get queued(): number {
    return this.#out.length;
  }

  /** Calls that are not answered. */
  get pending(): number {
    return this.#pending.size;
  }

  /** `handle` answers the calls of this kind, now or later. */
  onCall(kind: number, handle: (body: ByteReader, reply: Reply) => void): void {
    this.#called.set(kind, handle);
  }

  /** `handle` receives the messages of this kind. */
  onTold(kind: number, handle: (body: ByteReader) => void): void {
    this.#told.set(kind, handle);
  }

  /** Sends the other side a message. False: there is no room, and it is not sent. */
  tell(kind: number, write: Write): boolean {
    return this.#send(kind, 0, write);
  }

  /** Asks the other side; `done` is called once, later. */
  call(kind: number, write: Write, done: Answered): void {
    this.#lastId = (this.#lastId % 0xffff_ffff) + 1;
    const id = this.#lastId;
    this.#pending.set(id, { done, failsAt: this.#now + answerMs });
    if (!this.#send(kind, id, write)) this.#ports.schedule(() => this.#settle(id, null));
  }

  /** To be called every 100 ms or so: fails the calls that wait too long. */
  sweep(): void {
    const now = this.#now;
    for (const [id, { failsAt }] of this.#pending) {
      if (failsAt > now) return;
      this.#settle(id, null);
    }
  }

  /** The socket has something for this side. */
  received(chunk: Uint8Array): void {
    this.heardAt = this.#now;
    this.#chunkBytes += chunk.byteLength;
    if (this.#chunkBytes < this.#needed) {
      // The chunk is the socket's, which may use it again.
      this.#chunks.push(Buffer.from(chunk));
      return;
    }
    const bytes = this.#chunks.length === 0 ? chunk : Buffer.concat([...this.#chunks, chunk]);
    try {
      const rest = bytes.subarray(this.#takeAll(bytes));
      this.#chunks = rest.byteLength > 0 ? [Buffer.from(rest)] : [];
      this.#chunkBytes = rest.byteLength;
    } catch (error) {
      this.end(`unreadable: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** The socket takes more. */
  drained(): void {
    this.#isBlocked = false;
    this.#flush();
  }

  /** Ends the link; what waits for an answer has none. */
  end(reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#socket.end();
    for (const id of [...this.#pending.keys()]) this.#settle(id, null);
    this.#ports.ended(reason);
  }

  get #now(): number {
    return this.#ports.clock.monotonic();
  }

  #send(kind: number, id: number, write: Write): boolean {
    const out = this.#out;
    if (this.#isEnded || out.length > queueBytesMax) return false;
    const at = out.place;
    out.u32(0);
    out.u8(kind);
    out.u32(id);
    try {
      write(out);
    } catch (error) {
      // Half a message would end the link.
      out.cut(at);
      throw error;
    }
    const length = out.place - at - 4;
    if (length > frameBytesMax) {
      out.cut(at);
      return false;
    }
    out.patchU32(at, length);
    this.#schedule();
    return true;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isBlocked) return;
    this.#isScheduled = true;
    this.#ports.schedule(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const out = this.#out;
    if (this.#isEnded || this.#isBlocked || out.length === 0) return;
    const written = this.#socket.write(out.view);
    this.#isBlocked = written < out.length;
    out.drop(Math.max(written, 0));
  }

  /** Takes the messages that are whole; where the first that is not begins. */
  #takeAll(bytes: Uint8Array): number {
    let at = 0;
    for (;;) {
      const left = bytes.byteLength - at;
      this.#needed = left < 4 ? 4 : 4 + lengthAt(bytes, at);
      if (this.#needed > 4 + frameBytesMax) throw new RangeError(`a message of ${this.#needed} bytes`);
      if (this.#isEnded || left < this.#needed) return at;
      this.#take(bytes.subarray(at + 4, at + this.#needed));
      at += this.#needed;
    }
  }

  #take(frame: Uint8Array): void {
    const body = new ByteReader(frame);
    const kind = body.u8();
    const id = body.u32();
    if (kind === kinds.answer || kind === kinds.refusal) {
      this.#settle(id, kind === kinds.answer ? body : null);
    } else if (id === 0) {
      this.#told.get(kind)?.(body);
    } else {
      const reply: Reply = (write) => {
        if (write === null || !this.#send(kinds.answer, id, write)) this.#send(kinds.refusal, id, nothing);
      };
      const handle = this.#called.get(kind);
      if (handle) handle(body, reply);
      else reply(null);
    }
  }

  #settle(id: number, answer: ByteReader | null): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    pending.done(answer);
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

/** The body of a message that has none. */
export const nothing: Write = () => {};
