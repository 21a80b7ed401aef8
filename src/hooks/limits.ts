/**
 * Calls that several hooks may run at once together. Each hook has some of its own; the others are common, so that hooks
 * which hang take no more than these.
 */
export class SharedLimit {
  readonly #own: number;
  readonly #common: number;
  #commonInUse = 0;

  /** `limit` calls of so many hooks: half of them are the hooks' own. */
  constructor(limit: number, hooks: number) {
    this.#own = Math.max(1, Math.floor(limit / 2 / Math.max(1, hooks)));
    this.#common = Math.max(0, limit - this.#own * hooks);
  }

  /** Whether a hook of which so many calls run may start another one. */
  admits(inFlight: number): boolean {
    return inFlight < this.#own || this.#commonInUse < this.#common;
  }

  /** A hook of which so many calls ran has started one. */
  started(inFlight: number): void {
    if (inFlight >= this.#own) this.#commonInUse += 1;
  }

  /** A hook of which so many calls ran has ended one. */
  ended(inFlight: number): void {
    if (inFlight > this.#own) this.#commonInUse -= 1;
  }
}

/** The limits of one hook. Times are in milliseconds. */
export interface HookLimits {
  /** An answer that takes longer is error 100, temporary. */
  readonly timeout: number;
  /** Calls of one connection at once; more wait. */
  readonly perConnection: number;
  /** Calls of all connections at once; more wait. */
  readonly perServer: number;
  /** What it shares with other hooks beside; null: nothing. */
  readonly shared: SharedLimit | null;
  /** Calls that may wait for the server's limits; over it error 111. */
  readonly queue: number;
  /** Calls of one connection: `limit` a second, `burst` at once; over it error 111. Null: no limit. */
  readonly rate: { readonly limit: number; readonly burst: number } | null;
}

/** The limits of code in this process: it shares our event loop, so few calls at once are all that it can use. */
export const inProcessLimits: HookLimits = {
  timeout: 5_000,
  perConnection: Number.POSITIVE_INFINITY,
  perServer: 1_000,
  shared: null,
  queue: 1_000,
  rate: null,
};

/** Calls and sends of one connection that run at once in this process, of all hooks together. */
export const besideLimit = 8;

/** Calls of one connection that may wait for those beside which they run; over it error 111. */
export const waitingLimit = 256;

/** Milliseconds that a handler may hold the event loop; over it a line of the log names it. */
export const blockedMax = 50;
