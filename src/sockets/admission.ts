import type { Clock } from "../core/clock.ts";
import { type Bucket, takeToken } from "../core/rate.ts";

/** How many may come in; 0 is no limit. */
export interface AdmissionOptions {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly acceptedPerSecond: number;
}

/** Why a connection is refused; the words of the answer and of the metric. */
export type AdmissionRefusal = "connection_limit" | "address_limit" | "rate_limit";

/**
 * Counts open connections, in all and by address. One entry for each address that is limited, gone when it is empty; a
 * key of null is not limited.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #clock: Clock;
  readonly #byAddress = new Map<string, number>();
  readonly #bucket: Bucket;
  #connections = 0;

  constructor(options: AdmissionOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#bucket = { tokens: Math.max(1, options.acceptedPerSecond), filledAt: clock.monotonic() };
  }

  /** May one more come in from here? A yes takes a token of the rate. */
  refusalFor(limitKey: string | null): AdmissionRefusal | null {
    const { connections, connectionsPerAddress, acceptedPerSecond } = this.#options;
    if (connections > 0 && this.#connections >= connections) return "connection_limit";
    if (this.#isCounted(limitKey) && (this.#byAddress.get(limitKey) ?? 0) >= connectionsPerAddress) {
      return "address_limit";
    }
    const rate = { limit: acceptedPerSecond, burst: acceptedPerSecond };
    return takeToken(this.#bucket, this.#clock.monotonic(), rate) ? null : "rate_limit";
  }

  entered(limitKey: string | null): void {
    this.#connections += 1;
    if (this.#isCounted(limitKey)) this.#byAddress.set(limitKey, (this.#byAddress.get(limitKey) ?? 0) + 1);
  }

  left(limitKey: string | null): void {
    this.#connections -= 1;
    if (!this.#isCounted(limitKey)) return;
    const rest = (this.#byAddress.get(limitKey) ?? 1) - 1;
    if (rest > 0) this.#byAddress.set(limitKey, rest);
    else this.#byAddress.delete(limitKey);
  }

  /** Sockets that are open. */
  get connections(): number {
    return this.#connections;
  }

  /** Addresses that are counted: a gauge, and the proof that none is left behind. */
  get addresses(): number {
    return this.#byAddress.size;
  }

  #isCounted(limitKey: string | null): limitKey is string {
    return this.#options.connectionsPerAddress > 0 && limitKey !== null;
  }
}
