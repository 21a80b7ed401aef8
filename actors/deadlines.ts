import type { Clock } from "../src/core/clock.ts";
import { type Milliseconds, milliseconds } from "../src/core/time.ts";

/** What a deadline is for. One connection has at most one of each, but for `subscription`. */
export type DeadlineName =
  | "handshake"
  | "ping"
  | "pong"
  | "expiry"
  | "subscriptions"
  | "positions"
  | "presence"
  | "flush"
  | "batch"
  | "timeout";

/** What an actor receives when its deadline has passed. */
export interface DeadlineExpired {
  readonly type: "deadline.expired";
  readonly deadline: DeadlineName;
}

/** An actor that understands `deadline.expired`. */
export interface DeadlineTarget {
  send(event: DeadlineExpired): void;
}

/** A deadline that was set; give it back to `cancel`. */
export interface Deadline {
  readonly target: DeadlineTarget;
  readonly name: DeadlineName;
}

interface PendingDeadline extends Deadline {
  readonly bucket: number;
  /** The second of the wall clock at which it has passed in any case; null for those that only elapsed time ends. */
  readonly wallSecond: number | null;
}

/** Deadlines are kept to this many milliseconds; the sweep should run as often. */
export const deadlineResolution = milliseconds(50);

/** A sweep that comes more than this many milliseconds late was held up by a blocked event loop. */
const lateness = 500;

/** What a client may have answered in time while the process was blocked: its bytes are still in the kernel. */
const answerable: ReadonlySet<DeadlineName> = new Set<DeadlineName>(["handshake", "pong"]);

/** Expiries are instants of the wall clock. */
const wallBound: ReadonlySet<DeadlineName> = new Set<DeadlineName>(["expiry", "subscriptions"]);

/**
 * Every deadline of the server in one place: buckets of 50 ms, and one sweep that touches only the due ones. A timer
 * per connection inside XState costs every actor's stop a scan of all pending timers (300 us at 8,000 connections,
 * measured); here setting and cancelling are O(1) at any number.
 *
 * A deadline is never early by the monotonic clock, and late by at most one sweep. After a blocked event loop the first
 * sweep defers handshake and pong deadlines to the next one, so that what the clients have sent meanwhile is read before
 * they are judged. It defers each of them once, however long the overload lasts, and no other deadline at all.
 *
 * Expiries are compared with the wall clock too (`sweepWall`), because a machine that was suspended has a monotonic clock
 * that stood still. Whichever clock is first ends them: a wall clock that is set back extends nothing.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #buckets: Buckets = new Map();
  /** Those with a second of the wall clock, by it. */
  readonly #wallBuckets: Buckets = new Map();
  /** Those that the last sweep left to the next one; no longer in a bucket. */
  readonly #deferred = new Set<PendingDeadline>();
  #swept: number;
  #sweptAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sweptAt = clock.monotonic();
    this.#swept = Math.floor(this.#sweptAt / deadlineResolution);
  }

  /** Tells `target` after `delay`, unless it is cancelled before. */
  set(target: DeadlineTarget, name: DeadlineName, delay: Milliseconds): Deadline {
    const due = Math.ceil((this.#clock.monotonic() + delay) / deadlineResolution);
    const wallSecond = wallBound.has(name) ? Math.ceil((this.#clock.wall() + delay) / 1000) : null;
    const deadline = { target, name, bucket: Math.max(due, this.#swept + 1), wallSecond };
    addTo(this.#buckets, deadline.bucket, deadline);
    if (wallSecond !== null) addTo(this.#wallBuckets, wallSecond, deadline);
    return deadline;
  }

  /** Cancelling twice, or after it has expired, is fine. */
  cancel(deadline: Deadline): void {
    const { bucket, wallSecond } = deadline as PendingDeadline;
    removeFrom(this.#buckets, bucket, deadline as PendingDeadline);
    this.#deferred.delete(deadline as PendingDeadline);
    if (wallSecond !== null) removeFrom(this.#wallBuckets, wallSecond, deadline as PendingDeadline);
  }

  /** Tells the targets of deadlines that have passed by the monotonic clock. To be called every `deadlineResolution`. */
  sweep(): void {
    const now = this.#clock.monotonic();
    const isLate = now - this.#sweptAt > lateness;
    this.#sweptAt = now;
    // Told before anything is deferred again: each is deferred once.
    for (const deadline of this.#deferred) this.#expire(deadline);
    const last = Math.floor(now / deadlineResolution);
    while (this.#swept < last) {
      this.#swept += 1;
      const due = this.#buckets.get(this.#swept);
      if (!due) continue;
      // The bucket stays while its targets are notified: what one of them cancels is not sent any more.
      for (const deadline of due instanceof Set ? due : [due]) {
        if (isLate && answerable.has(deadline.name)) this.#defer(deadline);
        else this.#expire(deadline);
      }
      this.#buckets.delete(this.#swept);
    }
  }

  /** Tells the targets of expiries that have passed by the wall clock. To be called about once a second. */
  sweepWall(): void {
    const second = Math.floor(this.#clock.wall() / 1000);
    const due = [...this.#wallBuckets.keys()].filter((key) => key <= second).sort((a, b) => a - b);
    for (const key of due) {
      // A copy: a target may set its next expiry for the same second.
      for (const deadline of copyOf(this.#wallBuckets.get(key))) {
        if (isIn(this.#wallBuckets, key, deadline)) this.#expire(deadline);
      }
    }
  }

  /** How many are set: a gauge, and the proof that none is left behind. */
  get size(): number {
    let size = this.#deferred.size;
    for (const bucket of this.#buckets.values()) size += bucket instanceof Set ? bucket.size : 1;
    return size;
  }

  #expire(deadline: PendingDeadline): void {
    this.cancel(deadline);
    this.#tell(deadline);
  }

  #tell({ target, name }: PendingDeadline): void {
    target.send({ type: "deadline.expired", deadline: name });
  }

  #defer(deadline: PendingDeadline): void {
    removeFrom(this.#buckets, deadline.bucket, deadline);
    this.#deferred.add(deadline);
  }
}

/** A bucket with a single deadline is the deadline itself: a set of one costs 258 bytes (Bun 1.4.5), a deadline 50. */
type Buckets = Map<number, PendingDeadline | Set<PendingDeadline>>;

function addTo(buckets: Buckets, key: number, deadline: PendingDeadline): void {
  const bucket = buckets.get(key);
  if (bucket === undefined) buckets.set(key, deadline);
  else if (bucket instanceof Set) bucket.add(deadline);
  else buckets.set(key, new Set([bucket, deadline]));
}

function removeFrom(buckets: Buckets, key: number, deadline: PendingDeadline): void {
  const bucket = buckets.get(key);
  if (bucket === deadline) buckets.delete(key);
  else if (bucket instanceof Set && bucket.delete(deadline) && bucket.size === 0) buckets.delete(key);
}

function isIn(buckets: Buckets, key: number, deadline: PendingDeadline): boolean {
  const bucket = buckets.get(key);
  return bucket === deadline || (bucket instanceof Set && bucket.has(deadline));
}

function copyOf(bucket: PendingDeadline | Set<PendingDeadline> | undefined): PendingDeadline[] {
  if (bucket === undefined) return [];
  return bucket instanceof Set ? [...bucket] : [bucket];
}
