import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Random } from "../core/random.ts";
import type { Broker, Deliver } from "./broker.ts";
import { OrderedBroker } from "./local/ordered-broker.ts";
import type { LocalBrokerCounts } from "./local/report.ts";
import type { Store } from "./local/store.ts";

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

/** The broker of one node. */
export interface LocalBroker extends Broker {
  /** What was counted since it was built. */
  readonly counts: Readonly<LocalBrokerCounts>;
  /** Idempotency keys held at this moment. */
  readonly idempotencyKeys: number;
  /** A bounded piece of the work of giving back what has expired; to be called about once a second. */
  sweep(): void;
}

/** Builds the broker of one node: an ordering core, and behind it a store in memory and one on the disk. */
export function createLocalBroker(parts: LocalBrokerParts): LocalBroker {
  return new OrderedBroker(parts);
}
