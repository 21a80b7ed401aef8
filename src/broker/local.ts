import type { Broker, HistoryOptions } from "./broker.ts";
import { OrderedBroker } from "./local/ordered-broker.ts";
import type { LocalBrokerParts } from "./local/parts.ts";
import type { LocalBrokerCounts } from "./local/report.ts";

/** The broker of one node. */
export interface LocalBroker extends Broker {
  /** What was counted since it was built. */
  readonly counts: Readonly<LocalBrokerCounts>;
  /** Idempotency keys held at this moment. */
  readonly idempotencyKeys: number;
  /** Milliseconds until the publications of a stream go; 0 where there is none. */
  expiresIn(channel: string, options: HistoryOptions): number;
  /** A bounded piece of the work of giving back what has expired; to be called about once a second. */
  sweep(): void;
}

/** Builds the broker of one node: an ordering core, and behind it a store in memory and one on the disk. */
export function createLocalBroker(parts: LocalBrokerParts): LocalBroker {
  return new OrderedBroker(parts);
}
