import type { Clock } from "../core/clock.ts";
import type { Milliseconds } from "../core/time.ts";
import type { Counters } from "../metrics/counters.ts";

/** A connection whose queue is watched: a subscriber of channels, or one that is only answered. */
export interface Consumer {
  /** Bytes that may be unsent before it is slow. */
  readonly queueBytesMax: number;
  /** When it last took some of what was queued, in monotonic milliseconds. */
  progressAt: number;
  /** Bytes that it was sent and has not taken; 0 once it is closed. */
  unsent(): number;
  /** It does not take what it is sent: it has to leave all channels and to be closed with 3008. */
  slow(): void;
}

/** When a client counts as slow, beside its own limit of bytes. */
export interface SlowOptions {
  /** None of what is unsent was taken for this many milliseconds. */
  readonly stallTimeout: Milliseconds;
}

/**
 * Finds the clients that do not take what they are sent. Bun is told to queue without a limit, because under any other
 * setting it drops published frames without a word; so the limits of queues are these. A slow connection is told, and its
 * machine leaves all channels at once: nothing can follow the gap.
 */
export class SlowWatch {
  readonly #options: SlowOptions;
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #stalled = new Set<Consumer>();

  constructor(options: SlowOptions, clock: Clock, counters: Counters) {
    this.#options = options;
    this.#clock = clock;
    this.#counters = counters;
  }

  /** Looks at one consumer now, and again in every sweep while it has something unsent. */
  look(consumer: Consumer): void {
    const unsent = consumer.unsent();
    if (unsent === 0) return;
    if (unsent > consumer.queueBytesMax) {
      this.#end(consumer);
      return;
    }
    if (this.#stalled.has(consumer)) return;
    this.#stalled.add(consumer);
    consumer.progressAt = this.#clock.monotonic();
  }

  /** Looks again at those that had something unsent. */
  sweep(): void {
    const now = this.#clock.monotonic();
    for (const consumer of this.#stalled) {
      const unsent = consumer.unsent();
      if (unsent === 0) {
        this.#stalled.delete(consumer);
      } else if (unsent > consumer.queueBytesMax || now - consumer.progressAt >= this.#options.stallTimeout) {
        this.#end(consumer);
      }
    }
  }

  /** Consumers with something unsent: a gauge. */
  get size(): number {
    return this.#stalled.size;
  }

  #end(consumer: Consumer): void {
    this.#stalled.delete(consumer);
    this.#counters.slow += 1;
    consumer.slow();
  }
}
