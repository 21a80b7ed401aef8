/** The limits of one hook. Times are in milliseconds. */
export interface HookLimits {
  /** An answer that takes longer is error 100, temporary. */
  readonly timeout: number;
  /** Calls of one connection at once; more wait. */
  readonly perConnection: number;
  /** Calls of all connections at once; more wait. */
  readonly perServer: number;
  /** Calls that may wait for `perServer`; over it error 111. */
  readonly queue: number;
  /** Calls of one connection: `limit` a second, `burst` at once; over it error 111. Null: no limit. */
  readonly rate: { readonly limit: number; readonly burst: number } | null;
}

/** The limits of code in this process: it shares our event loop, so few calls at once are all that it can use. */
export const inProcessLimits: HookLimits = {
  timeout: 5_000,
  perConnection: Number.POSITIVE_INFINITY,
  perServer: 1_000,
  queue: 1_000,
  rate: null,
};

/** Calls and sends of one connection that run at once in this process, of all hooks together. */
export const besideLimit = 8;

/** Calls of one connection that may wait for those beside which they run; over it error 111. */
export const waitingLimit = 256;

/** Milliseconds that a handler may hold the event loop; over it a line of the log names it. */
export const blockedMax = 50;
