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

/** What is left of a frame when its time was over: goes on with it, and gives what is left then. Null for nothing. */
export type Rest = (() => Rest) | null;

/** What turns work with. */
export interface TurnPorts<Socket> {
  /** Monotonic milliseconds. */
  now(): number;
  /** Runs a task in the next turn of the event loop. */
  schedule(task: () => void): void;
  /** Reads a frame, at least its first command; asks between two commands whether the time is over. */
  read(socket: Socket, frame: Frame, isOver: () => boolean): Rest;
  /** Told of what has waited and threw. */
  failed(socket: Socket, error: unknown): void;
}

/**
 * Milliseconds of one turn of the event loop in which the commands of several sockets are read, and of these for one
 * socket of many: with turns of 10 ms a flood kept others waiting for 77 ms (p99), with these for 50 (measured on Bun
 * 1.4.5). A socket that is alone has more: what is published in one turn leaves in one write for each subscriber, so that
 * 5,000 subscribers received 0.6 of what a bare server gives them with turns of 10 ms, and 0.8 with those of 25 ms.
 */
const sharedMs = 6;
const socketMs = 0.5;
const aloneMs = 30;

/** What waits of one socket, in its order. */
interface Waiting {
  /** Frames, what is left of one, and what follows them. */
  readonly items: (Frame | (() => Rest))[];
  next: number;
  /** Lets the runtime read again. */
  readonly resume: () => void;
}

/**
 * Reads frames for so long in a turn of the event loop. What comes after that waits, a socket's frames in their order and
 * the sockets in a ring, a command or half a millisecond each, and the socket is paused until none of its frames waits:
 * the runtime reads up to 128 KiB of a socket in one turn, so that ten clients with a burst of commands kept all others
 * waiting for 400 ms (measured on Bun 1.4.5).
 */
export class InboundTurns<Socket extends Turning> {
  readonly #ports: TurnPorts<Socket>;
  /** Sockets that have had no share yet since they had to wait: they go first, as most have a single frame. */
  readonly #fresh = new Map<Socket, Waiting>();
  readonly #ring = new Map<Socket, Waiting>();
  /** When this turn began to read; null before its first frame. */
  #begunAt: number | null = null;
  /** The first socket that was read in this turn, and whether others were. */
  #first: Socket | null = null;
  #isShared = false;
  /** When the socket that is read has had its share. */
  #shareEnd = 0;
  #isScheduled = false;
  readonly #isOver = () => this.#ports.now() >= this.#shareEnd;

  constructor(ports: TurnPorts<Socket>) {
    this.#ports = ports;
  }

  /** Sockets whose frames wait. */
  get waiting(): number {
    return this.#fresh.size + this.#ring.size;
  }

  /** Reads a frame that has come `now`, where this turn has time for it; what is left waits. */
  take(socket: Socket, frame: Frame, now: number): void {
    if (socket.isHeld || !this.#hasTime(socket, now)) {
      this.#wait(socket, frame);
      return;
    }
    const rest = this.#ports.read(socket, frame, this.#isOver);
    if (rest) this.#wait(socket, rest);
  }

  /** Does something behind the frames of a socket that wait; now where none does. */
  after(socket: Socket, task: () => void): void {
    if (!socket.isHeld) {
      task();
      return;
    }
    this.#wait(socket, () => {
      task();
      return null;
    });
  }

  #hasTime(socket: Socket, now: number): boolean {
    if (this.#begunAt === null) this.#begin(socket, now);
    else if (socket !== this.#first) this.#isShared = true;
    this.#shareEnd = this.#end();
    return now < this.#shareEnd;
  }

  #begin(socket: Socket | null, now: number): void {
    this.#begunAt = now;
    this.#first = socket;
    this.#isShared = false;
    this.#renewLater();
  }

  /** When this turn has read for long enough. */
  #end(): number {
    return (this.#begunAt ?? 0) + (this.#isShared ? sharedMs : aloneMs);
  }

  #wait(socket: Socket, item: Frame | (() => Rest)): void {
    const waiting = this.#fresh.get(socket) ?? this.#ring.get(socket);
    if (waiting) {
      waiting.items.push(item);
      return;
    }
    this.#fresh.set(socket, { items: [item], next: 0, resume: socket.pause() });
    socket.isHeld = true;
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
    const [only = null] = this.#fresh.size > 0 ? this.#fresh.keys() : this.#ring.keys();
    this.#begin(only, this.#ports.now());
    this.#isShared = this.waiting > 1;
    this.#go(this.#fresh);
    // At least one, however many are fresh.
    this.#go(this.#ring);
  }

  #go(sockets: Map<Socket, Waiting>): void {
    for (const [socket, waiting] of sockets) {
      sockets.delete(socket);
      this.#run(socket, waiting);
      if (this.#ports.now() >= this.#end()) break;
    }
  }

  #run(socket: Socket, waiting: Waiting): void {
    this.#shareEnd = this.#ports.now() + socketMs;
    do this.#runNext(socket, waiting);
    while (waiting.next < waiting.items.length && !this.#isOver());
    if (waiting.next < waiting.items.length) {
      this.#ring.set(socket, waiting);
      return;
    }
    socket.isHeld = false;
    socket.releasedAt = this.#ports.now();
    waiting.resume();
  }

  #runNext(socket: Socket, waiting: Waiting): void {
    const rest = this.#read(socket, waiting.items[waiting.next]);
    if (rest) waiting.items[waiting.next] = rest;
    else waiting.next += 1;
  }

  #read(socket: Socket, item: Frame | (() => Rest) | undefined): Rest {
    try {
      if (typeof item === "function") return item();
      return item === undefined ? null : this.#ports.read(socket, item, this.#isOver);
    } catch (error) {
      this.#ports.failed(socket, error);
      return null;
    }
  }
}
