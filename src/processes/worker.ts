import type { Clock } from "../core/clock.ts";
import type { Link } from "./link.ts";
import type { Ready } from "./messages.ts";

/** A process of the system, as far as it is supervised. */
export interface WorkerProcess {
  readonly pid: number;
  kill(signal: "SIGKILL"): void;
}

/** How a process has ended. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A worker that has not answered so many pings, one a second, is ended and replaced. */
const pingsMax = 5;

/** One worker process, from its start to its end. */
export class Worker {
  /** 1, 2, 3 ...; the one that replaces it has the same. */
  readonly number: number;
  /** The name in its `hello`. */
  readonly id: string;
  readonly process: WorkerProcess;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Resolves when it listens; null where it has ended before. */
  readonly ready = Promise.withResolvers<Ready | null>();
  readonly ended = Promise.withResolvers<WorkerEnd>();
  link: Link | null = null;
  isReady = false;
  /** It is stopping. */
  isStopping = false;
  hasEnded = false;
  #pings = 0;

  constructor(number: number, id: string, process: WorkerProcess, clock: Clock) {
    this.number = number;
    this.id = id;
    this.process = process;
    this.startedAt = clock.monotonic();
  }

  /**
   * A ping is sent. True: too many before it were not answered. Pings are counted, not time: this process may have
   * paused itself.
   */
  pinged(): boolean {
    this.#pings += 1;
    return this.#pings > pingsMax;
  }

  answered(): void {
    this.#pings = 0;
  }
}
