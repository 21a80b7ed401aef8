import { Buckets } from "./buckets.ts";
import type { Clock } from "./clock.ts";
import { type Rate, sharedRate } from "./rate.ts";

/** Who is sent what it has asked for. */
export interface Spender {
  /** The connection's id. */
  readonly client: string;
  /** "" is anonymous: not limited as a user. */
  readonly user: string;
  /** The key of its address in limits; null where the address is not limited (loopback, trusted proxies). */
  readonly limitKey: string | null;
}

/**
 * Bytes that clients are sent because they ask for them: one connection, and eight times that all connections of a user
 * and of an address. It outlives connections: one that returns finds what is left.
 */
export class BytesBudget {
  readonly #rate: Rate;
  readonly #shared: Rate;
  readonly #clock: Clock;
  readonly #connections = new Buckets();
  readonly #users = new Buckets();
  readonly #addresses = new Buckets();

  /** A limit of 0 is none. */
  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate;
    this.#shared = sharedRate(rate);
    this.#clock = clock;
  }

  /** Bytes that may be sent at this moment; 0 or less for none. */
  left({ client, user, limitKey }: Spender): number {
    if (this.#rate.limit === 0) return Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    return Math.min(
      this.#connections.left(client, now, this.#rate),
      user === "" ? Number.POSITIVE_INFINITY : this.#users.left(user, now, this.#shared),
      limitKey === null ? Number.POSITIVE_INFINITY : this.#addresses.left(limitKey, now, this.#shared),
    );
  }

  spend({ client, user, limitKey }: Spender, bytes: number): void {
    if (this.#rate.limit === 0 || bytes === 0) return;
    const now = this.#clock.monotonic();
    this.#connections.spend(client, now, this.#rate, bytes);
    if (user !== "") this.#users.spend(user, now, this.#shared, bytes);
    if (limitKey !== null) this.#addresses.spend(limitKey, now, this.#shared, bytes);
  }

  /** Connections, users and addresses that were sent so much of late that it is known. */
  get buckets(): number {
    return this.#connections.size + this.#users.size + this.#addresses.size;
  }
}
