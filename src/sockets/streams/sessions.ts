import type { StreamSocket } from "./stream-socket.ts";

/** The connections of this node whose commands come in requests of their own, by their sessions. */
export class Sessions {
  readonly #sockets = new Map<string, StreamSocket>();

  add(session: string, socket: StreamSocket): void {
    this.#sockets.set(session, socket);
  }

  /** Undefined where there is none, or it has ended. */
  get(session: string): StreamSocket | undefined {
    return this.#sockets.get(session);
  }

  delete(session: string): void {
    this.#sockets.delete(session);
  }
}
