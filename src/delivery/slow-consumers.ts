import type { Clock } from "../core/clock.ts";
import type { Counters } from "../metrics/counters.ts";
import type { BunSocket } from "../sockets/socket.ts";

/** When a client counts as slow. */
export interface SlowOptions {
  /** More than this many bytes unsent, by protocol. */
  readonly queueMax: { readonly plain: number; readonly centrifuge: number };
  /** None of what is unsent was taken for this many milliseconds. */
  readonly stallTimeout: number;
}

/**
 * Finds the clients that do not take what they are sent. Bun is told to queue without a limit, because under any other
 * setting it drops published frames in silence; so this is what bounds the queue. A slow connection is told, and its
 * machine leaves all channels at once: nothing can follow the gap.
 */
export class SlowWatch {
  readonly #options: SlowOptions;
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #stalled = new Set<BunSocket>();

  constructor(options: SlowOptions, clock: Clock, counters: Counters) {
    this.#options = options;
    this.#clock = clock;
    this.#counters = counters;
  }

  /** Looks at one socket now, and again in every sweep while it has something unsent. */
  look(socket: BunSocket): void {
    const unsent = socket.unsent();
    if (unsent === 0) return;
    if (unsent > this.#queueMax(socket)) {
      this.#end(socket);
      return;
    }
    if (this.#stalled.has(socket)) return;
    this.#stalled.add(socket);
    socket.progressAt = this.#clock.monotonic();
  }

  /** Looks again at those who had something unsent. */
  sweep(): void {
    const now = this.#clock.monotonic();
    for (const socket of this.#stalled) {
      const unsent = socket.unsent();
      if (unsent === 0 || !socket.connection) {
        this.#stalled.delete(socket);
      } else if (unsent > this.#queueMax(socket) || now - socket.progressAt >= this.#options.stallTimeout) {
        this.#end(socket);
      }
    }
  }

  /** Sockets with something unsent: a gauge. */
  get size(): number {
    return this.#stalled.size;
  }

  #queueMax(socket: BunSocket): number {
    return socket.protocol === "centrifuge" ? this.#options.queueMax.centrifuge : this.#options.queueMax.plain;
  }

  #end(socket: BunSocket): void {
    this.#stalled.delete(socket);
    this.#counters.slow += 1;
    socket.connection?.send({ type: "socket.slow" });
  }
}
