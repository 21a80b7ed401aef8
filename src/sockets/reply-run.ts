import type { Frame } from "../core/frame.ts";

/** A socket that sends several frames in one write. */
export interface RunSocket {
  sendTogether(frames: readonly Frame[]): void;
}

/**
 * Replies to publishes that follow each other for one socket, and that no handler of that socket sends: a group that an
 * engine or a store has answered. Outside of a handler the runtime makes a system call of each frame (Bun 1.4.5), which
 * was a fifth of the CPU of a node on Redis. They leave before anything else is sent to the socket, at the latest behind
 * what runs now.
 */
export class ReplyRun {
  readonly #schedule: (task: () => void) => void;
  /** The socket whose handler runs: the runtime collects what is sent to it there. */
  handled: RunSocket | null = null;
  #socket: RunSocket | null = null;
  #frames: Frame[] = [];
  #isScheduled = false;

  /** `schedule`: runs a task behind what runs now, before the next event. */
  constructor(schedule: (task: () => void) => void) {
    this.#schedule = schedule;
  }

  add(socket: RunSocket, frame: Frame): void {
    if (this.#socket !== socket) this.flush();
    this.#socket = socket;
    this.#frames.push(frame);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  /** Something else is about to be sent to a socket. */
  before(socket: RunSocket): void {
    if (this.#socket === socket) this.flush();
  }

  flush(): void {
    const socket = this.#socket;
    if (socket === null) return;
    const frames = this.#frames;
    this.#socket = null;
    this.#frames = [];
    socket.sendTogether(frames);
  }
}
