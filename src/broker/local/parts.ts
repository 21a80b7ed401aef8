import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Random } from "../../core/random.ts";
import type { BrokerEvents } from "../broker.ts";
import type { Store } from "./store.ts";

/** What a local broker is built from. */
export interface LocalBrokerParts {
  readonly events: BrokerEvents;
  /** For streams that are not durable, and for those that are; one object may be both. */
  readonly stores: { readonly memory: Store; readonly sqlite: Store };
  readonly clock: Clock;
  readonly random: Random;
  /** Runs a task at the end of this turn of the event loop: `setImmediate`, but in tests. */
  readonly schedule: (task: () => void) => void;
  readonly log: Log;
  /** Bytes of idempotency keys; over it a keyed publish is error 106. Default 128 MiB. */
  readonly idempotencyBytesMax?: number;
}
