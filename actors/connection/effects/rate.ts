import { type Bucket, takeToken } from "../../../src/core/rate.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";

/** Subscribes that a connection may make before the rate counts: what a page with many channels asks at its start. */
const burst = 256;

/** A bucket of subscribes per connection; a connection without subscribes has none. */
export function createSubscribeRate({ clock, options }: ConnectionPorts) {
  const buckets = new WeakMap<Scope["context"]["subscriptions"], Bucket>();
  return ({ context }: Scope): boolean => {
    const now = clock.monotonic();
    const bucket = buckets.get(context.subscriptions) ?? { tokens: burst, filledAt: now };
    buckets.set(context.subscriptions, bucket);
    return takeToken(bucket, now, { limit: options.subscribeRateLimit, burst });
  };
}
