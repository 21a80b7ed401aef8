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
  /** The same, with what a body always has waiting for the end of a turn; absent: there is nothing of the kind. */
  waiting?(): number;
  /** It does not take what it is sent: it leaves all channels, what is queued goes out, and it is closed with 3008. */
  slow(): void;
  /** Closes it at once, with what is queued. */
  terminate(): void;
}

/** When a client counts as slow, beside its own limit of bytes. */
export interface SlowOptions {
  /** None of what is unsent was taken for this many milliseconds. */
  readonly stallTimeout: Milliseconds;
  /** Bytes that may be unsent in all; over it the consumers with the most are slow. */
  readonly totalBytesMax: number;
}

/**
 * Finds the clients that do not take what they are sent. Bun queues without a limit, because under any other setting it
 * drops published frames without a word; so the limits of queues are these. A slow connection is notified, and its
 * machine leaves all channels at once: nothing can follow the gap.
 *
 * What is queued for connections that are ending is bounded by the same total: over it the largest are cut. So all
 * queues together hold at most twice the total, and what is queued between two looks.
 */
export class SlowWatch {
  readonly #options: SlowOptions;
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #stalled = new Queues();
  /** Those that were found slow, until all is sent or they are closed. */
  readonly #ending = new Queues();

  constructor(options: SlowOptions, clock: Clock, counters: Counters) {
    this.#options = options;
    this.#clock = clock;
    this.#counters = counters;
  }

  /** Looks at one consumer now, and again in every sweep while it has something unsent. */
  look(consumer: Consumer): void {
    const unsent = waitingFor(consumer);
    if (unsent === 0) return;
    if (this.#ending.has(consumer)) {
      this.#ending.set(consumer, unsent);
      return;
    }
    if (!this.#stalled.has(consumer)) consumer.progressAt = this.#clock.monotonic();
    this.#stalled.set(consumer, unsent);
    if (unsent > consumer.queueBytesMax) this.#end(consumer);
    this.#bound();
  }

  /** Looks again at those that had something unsent. */
  sweep(): void {
    const now = this.#clock.monotonic();
    this.#ending.refresh();
    this.#stalled.refresh();
    for (const [consumer, unsent] of this.#stalled.entries()) {
      const isStalled = now - consumer.progressAt >= this.#options.stallTimeout;
      if (unsent > consumer.queueBytesMax || isStalled) this.#end(consumer);
    }
    this.#bound();
  }

  /** Consumers with something unsent: a gauge. */
  get size(): number {
    return this.#stalled.size;
  }

  #end(consumer: Consumer): void {
    this.#ending.set(consumer, this.#stalled.remove(consumer));
    this.#counters.slow += 1;
    consumer.slow();
  }

  /** Ends the consumers with the most unsent bytes, and cuts the ending ones with the most, until each sum is in bounds. */
  #bound(): void {
    const { totalBytesMax } = this.#options;
    for (const consumer of this.#stalled.over(totalBytesMax)) this.#end(consumer);
    for (const consumer of this.#ending.over(totalBytesMax)) {
      this.#ending.remove(consumer);
      consumer.terminate();
    }
  }
}

function waitingFor(consumer: Consumer): number {
  return consumer.waiting?.() ?? consumer.unsent();
}

/** Consumers with what was unsent when they were last looked at, and the sum. */
class Queues {
  readonly #unsent = new Map<Consumer, number>();
  total = 0;

  get size(): number {
    return this.#unsent.size;
  }

  has(consumer: Consumer): boolean {
    return this.#unsent.has(consumer);
  }

  entries(): Iterable<[Consumer, number]> {
    return this.#unsent;
  }

  set(consumer: Consumer, unsent: number): void {
    this.total += unsent - (this.#unsent.get(consumer) ?? 0);
    this.#unsent.set(consumer, unsent);
  }

  /** Returns what was unsent. */
  remove(consumer: Consumer): number {
    const unsent = this.#unsent.get(consumer) ?? 0;
    this.#unsent.delete(consumer);
    this.total -= unsent;
    return unsent;
  }

  /** Looks at all; those that have taken everything are removed. */
  refresh(): void {
    for (const consumer of this.#unsent.keys()) {
      const unsent = waitingFor(consumer);
      if (unsent === 0) this.remove(consumer);
      else this.set(consumer, unsent);
    }
  }

  /** The largest queues: without them the others are within the sum. Empty where all are. */
  over(totalMax: number): Consumer[] {
    if (this.total <= totalMax) return nothing;
    this.refresh();
    const largest = [...this.#unsent].sort(([, one], [, other]) => other - one);
    const found: Consumer[] = [];
    let rest = this.total;
    for (const [consumer, unsent] of largest) {
      if (rest <= totalMax) break;
      found.push(consumer);
      rest -= unsent;
    }
    return found;
  }
}

const nothing: Consumer[] = [];
