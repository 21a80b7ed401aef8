import { payloadSize } from "../../../src/core/payload.ts";
import type { Publication } from "../../../src/core/publication.ts";
import { type Bucket, takeToken } from "../../../src/core/rate.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";

/**
 * What recovery may still bring in one frame, so that a small frame that asks for many channels cannot call for
 * megabytes: bytes of payload, counted anew with each frame of the client.
 */
export function createRecoveryBudget({ options }: ConnectionPorts) {
  const spent = new WeakMap<Scope["context"]["subscriptions"], { frame: number; bytes: number }>();
  const entryOf = ({ context }: Scope) => {
    const frame = context.socket.framesHeard();
    const known = spent.get(context.subscriptions);
    if (known?.frame === frame) return known;
    const entry = { frame, bytes: 0 };
    spent.set(context.subscriptions, entry);
    return entry;
  };
  return {
    left: (scope: Scope): number => options.recoveryBytesMax - entryOf(scope).bytes,
    spend: (scope: Scope, publications: readonly Publication[]): void => {
      for (const { data } of publications) entryOf(scope).bytes += payloadSize(data);
    },
  };
}

/** A bucket of subscribes per connection; a connection without subscribes has none. */
export function createSubscribeRate({ clock, options }: ConnectionPorts) {
  const buckets = new WeakMap<Scope["context"]["subscriptions"], Bucket>();
  return ({ context }: Scope): boolean => {
    const now = clock.monotonic();
    const bucket = buckets.get(context.subscriptions) ?? { tokens: options.subscribeRate.burst, filledAt: now };
    buckets.set(context.subscriptions, bucket);
    return takeToken(bucket, now, options.subscribeRate);
  };
}
