import type { Frame } from "../core/frame.ts";

/** A socket whose frames are read in turns. */
export interface Turning {
  /** Its frames wait, or waited until the instant at `releasedAt`: the kernel holds more of its bytes than were read. */
  isHeld: boolean;
  /** In monotonic milliseconds. */
  releasedAt: number;
  /** Stops what the runtime reads of it; what was read already comes all the same. Gives what lets it continue. */
  pause(): () => void;
}

/** What turns work with. */
export interface TurnPorts<Socket> {
  /** Monotonic milliseconds. */
  now(): number;
  /** Runs a task in the next turn of the event loop. */
  schedule(task: () => void): void;
  /** Reads a frame that has waited. */
  read(socket: Socket, frame: Frame): void;
  /** Told of what has waited and threw. */
  failed(socket: Socket, error: unknown): void;
}

/**
 * Milliseconds of one turn of the event loop in which frames are read, and of these for one socket of many. What is
 * published in one turn leaves in one write for each subscriber: with turns of 5 ms 1,000 subscribers received 0.6 of
 * what a bare server gives them, with those of 10 ms 0.9 (measured on Bun 1.4.5); with longer ones others wait longer.
 */
const turnMs = 10;
const socketMs = 1;

/** What waits of one socket, in its order. */
interface Waiting {
  /** Frames, and what follows them. */
  readonly items: (Frame | (() => void))[];
  next: number;
  /** Lets the runtime read again. */
  readonly resume: () => void;
}

/**
 * Reads frames for so long in a turn of the event loop. What comes after that waits, a socket's frames in their order and
 * the sockets in a ring, a frame or a millisecond each, and the socket is paused until none of its frames waits: the runtime reads up to
 * 128 KiB of a socket in one turn, so that ten clients with a burst of commands kept all others waiting for 400 ms
 * (measured on Bun 1.4.5).
 */
export class InboundTurns<Socket extends Turning> {
  readonly #ports: TurnPorts<Socket>;
  /** Sockets that have had no share yet since they had to wait: they go first, as most have a single frame. */
  readonly #fresh = new Map<Socket, Waiting>();
  readonly #ring = new Map<Socket, Waiting>();
  /** When this turn began to read; null before its first frame. */
  #begunAt: number | null = null;
  #isScheduled = false;

  constructor(ports: TurnPorts<Socket>) {
    this.#ports = ports;
  }

  /** Sockets whose frames wait. */
  get waiting(): number {
    return this.#fresh.size + this.#ring.size;
  }

  /** Whether a frame that has come is read now. Otherwise it is to wait. */
  isNow(socket: Socket, now: number): boolean {
    if (socket.isHeld) return false;
    this.#renewLater();
    this.#begunAt ??= now;
    return now - this.#begunAt < turnMs;
  }

  /** Reads a frame, or does something, behind what waits of a socket. */
  wait(socket: Socket, item: Frame | (() => void)): void {
    const waiting = this.#fresh.get(socket) ?? this.#ring.get(socket);
    if (waiting) {
      waiting.items.push(item);
      return;
    }
    this.#fresh.set(socket, { items: [item], next: 0, resume: socket.pause() });
    socket.isHeld = true;
    this.#renewLater();
  }

  #renewLater(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#ports.schedule(() => this.#turn());
  }

  #turn(): void {
    this.#isScheduled = false;
    this.#begunAt = null;
    if (this.waiting === 0) return;
    const end = this.#ports.now() + turnMs;
    this.#go(this.#fresh, end);
    // At least one, however many are fresh.
    this.#go(this.#ring, end);
    if (this.waiting > 0) this.#renewLater();
  }

  #go(sockets: Map<Socket, Waiting>, end: number): void {
    for (const [socket, waiting] of sockets) {
      sockets.delete(socket);
      this.#run(socket, waiting);
      if (this.#ports.now() >= end) break;
    }
  }

  #run(socket: Socket, waiting: Waiting): void {
    const { now } = this.#ports;
    const end = now() + socketMs;
    do this.#do(socket, waiting.items[waiting.next++]);
    while (waiting.next < waiting.items.length && now() < end);
    if (waiting.next < waiting.items.length) {
      this.#ring.set(socket, waiting);
      return;
    }
    socket.isHeld = false;
    socket.releasedAt = now();
    waiting.resume();
  }

  #do(socket: Socket, item: Frame | (() => void) | undefined): void {
    try {
      if (typeof item === "function") item();
      else if (item !== undefined) this.#ports.read(socket, item);
    } catch (error) {
      this.#ports.failed(socket, error);
    }
  }
}
