import type { Result } from "../core/result.ts";
import type { TokenRefusal } from "./authenticator.ts";

/**
 * Every reason for which a token is refused: what the client learns of it, and what a person reads in `checktoken`. The
 * key is what the log shows. None of them says anything that is in the token.
 */
export const refusals = {
  length: { refusal: "invalid", words: "it is longer than 16 KiB" },
  form: { refusal: "invalid", words: "it is not a signed JWT (three base64url parts, the first beginning with eyJ)" },
  header: { refusal: "invalid", words: "its header is not one that can be read" },
  critical: { refusal: "invalid", words: "its header asks for an extension (crit) that is not supported" },
  algorithm: { refusal: "invalid", words: "its algorithm has no key in the configuration" },
  key: { refusal: "invalid", words: "its key (kid) is not in the key set" },
  key_unknown_yet: {
    refusal: "unavailable",
    words: "its key (kid) is not in the key set that was fetched last, and the set could not be fetched again now",
  },
  keys_unreachable: { refusal: "unavailable", words: "the key set cannot be fetched now" },
  signature: { refusal: "invalid", words: "its signature does not fit the configured key" },
  claims: { refusal: "invalid", words: "one of its claims has the wrong type" },
  audience: { refusal: "invalid", words: "its aud is not the configured audience" },
  issuer: { refusal: "invalid", words: "its iss is not the configured issuer" },
  channel_present: { refusal: "invalid", words: "it names a channel, so it is not a connection token" },
  channel_missing: { refusal: "invalid", words: "it names no channel, so it is not a subscription token" },
  expired: { refusal: "expired", words: "it has expired" },
  not_yet: { refusal: "expired", words: "it is not valid yet" },
  payload: { refusal: "invalid", words: "its b64info or b64data is not base64" },
  own_payload: { refusal: "unavailable", words: "its b64info is not base64" },
} as const satisfies Record<string, { readonly refusal: TokenRefusal; readonly words: string }>;

/** One of the reasons above. */
export type Reason = keyof typeof refusals;

/** Why a step refused a token. */
interface Fault {
  readonly reason: Reason;
  /** The moment, in seconds since 1970, that a refusal for time is about. */
  readonly at?: number;
}

/** The outcome of one step of looking at a token. */
export type Outcome<Value> = Result<Value, Fault>;

/** The outcome of a step that went well. */
export function passed<Value>(value: Value): Outcome<Value> {
  return { ok: true, value };
}

/** The outcome of a step that ends the matter. */
export function refused(reason: Reason, at?: number): Outcome<never> {
  return { ok: false, error: at === undefined ? { reason } : { reason, at } };
}
