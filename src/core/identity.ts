import type { Seconds } from "./time.ts";

/** A channel that a connection token (or the API) subscribes its bearer to; payload fields are raw JSON. */
export interface ServerSubscription {
  readonly channel: string;
  /** Raw JSON shown to others in presence, joins and publications. */
  readonly info?: string;
  /** Raw JSON handed to the client in the subscribe result. */
  readonly data?: string;
  readonly override?: HookOverride;
}

/** What a token may change of the namespace's options for its own subscription; absent fields leave them alone. */
export interface SubscriptionOverride {
  readonly presence?: boolean;
  readonly joinLeave?: boolean;
  readonly forcePushJoinLeave?: boolean;
  readonly forceRecovery?: boolean;
  readonly forcePositioning?: boolean;
}

/** What the answer of a connect hook may change beside that. */
export interface HookOverride extends SubscriptionOverride {
  /** Where the latest publication is recovered, it comes with the subscription, unasked. */
  readonly cacheRecover?: boolean;
}

/** Who a connection is, after its credentials were verified. */
export interface Identity {
  /** The user's id; "" is anonymous. */
  readonly user: string;
  /** Raw JSON shown to others beside the user. */
  readonly info?: string;
  /** When the connection expires, in seconds since 1970; null is never. */
  readonly expireAt: Seconds | null;
  /** Raw JSON for hooks alone. */
  readonly meta?: string;
  /** Which of the user's devices it is, for messages per device; absent: the device of those that name none. */
  readonly device?: string;
  /** The channels that the token subscribes to; empty where it says nothing of channels. */
  readonly subscriptions: readonly ServerSubscription[];
  /** What the connect command asks for beside these is not granted. */
  readonly isComplete?: true;
}

/** The identity of a client without credentials. */
export const anonymous: Identity = { user: "", expireAt: null, subscriptions: [] };
