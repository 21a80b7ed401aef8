import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Random } from "../../core/random.ts";
import type { Deliver } from "../broker.ts";
import type { Store } from "./store.ts";

/** What a local broker is built from. */
export interface LocalBrokerParts {
  readonly deliver: Deliver;
  /** One for each engine that a channel's options may name; one object may stand for both. */
  readonly stores: { readonly memory: Store; readonly sqlite: Store };
  readonly clock: Clock;
  readonly random: Random;
  /** Runs a task at the end of this turn of the event loop: `setImmediate`, but in tests. */
  readonly schedule: (task: () => void) => void;
  readonly log: Log;
  /** Idempotency keys kept at the most; over it the oldest are forgotten early. Default 100,000. */
  readonly idempotencyKeysMax?: number;
}
