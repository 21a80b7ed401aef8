import type { Identity, SubscriptionOverride } from "../core/identity.ts";
import type { Result } from "../core/result.ts";
import type { Seconds } from "../core/time.ts";

/**
 * Why a token was refused: `invalid` for good, `expired` (or not valid yet) so that the client fetches another,
 * `unavailable` when it could not be checked (keys out of reach, a payload that our own issuer broke).
 */
export type TokenRefusal = "invalid" | "expired" | "unavailable";

/** The outcome of looking at a token. Nothing in it says more than the client may know. */
export type Verdict<Claims> = Result<Claims, TokenRefusal>;

/** What a subscription token grants. */
export interface SubscriptionClaims {
  /** The user it was made for; "" is anonymous. */
  readonly user: string;
  readonly channel: string;
  /** The one connection that may use it; "" is any of the user's. */
  readonly client: string;
  /** When the subscription expires, in seconds since 1970; null is never. */
  readonly expireAt: Seconds | null;
  /** Raw JSON shown to others in the channel. */
  readonly info?: string;
  /** Raw JSON handed to the client. */
  readonly data?: string;
  readonly override?: SubscriptionOverride;
}

/**
 * Verifies what clients bring. A promise here never rejects and resolves once; verification is bounded in time by the
 * implementation. The algorithm and the keys come from the configuration, never from the token, and no claim is used
 * before the signature holds.
 */
export interface Authenticator {
  connection(token: string): Promise<Verdict<Identity>>;
  subscription(token: string): Promise<Verdict<SubscriptionClaims>>;
}
