import * as v from "valibot";
import { comparedText, count, flag, secret, section, text, url } from "./option.ts";

/** The options of one kind of token, as Centrifugo has them; empty is not set, and without a key no token is good. */
export const tokenEntries = {
  hmac_secret_key: secret("The secret of HS256, HS384 and HS512."),
  hmac_previous_secret_key: secret(
    "The secret before the last change; its tokens stay good while their holders renew them.",
  ),
  hmac_previous_secret_key_valid_until: count(0, "Until when the previous secret counts; 0 is without end.", {
    unit: "seconds since 1970",
    max: 2 ** 63,
  }),
  rsa_public_key: text("", "The public key of RS256, RS384 and RS512: PEM of a key or of a certificate."),
  ecdsa_public_key: text(
    "",
    "The public key of ES256, ES384 or ES512, by its curve: PEM of a key or of a certificate.",
  ),
  jwks_public_endpoint: url(
    "Where a JSON Web Key Set is served; once set, the keys above are not used. `{{name}}` is a named group of the patterns below, which then lists its values.",
  ),
  audience: text("", "What `aud` must be or hold; empty for anything.", comparedText),
  audience_regex: text(
    "",
    "A pattern in RE2's syntax that `aud`, or one entry of it, must match; not beside `audience`.",
  ),
  issuer: text("", "What `iss` must be; empty for anything.", comparedText),
  issuer_regex: text("", "A pattern in RE2's syntax that `iss` must match; not beside `issuer`."),
  user_id_claim: text("", "The claim with the user's id, where that is not `sub`."),
  insecure_skip_jwks_endpoint_safety_check: flag(
    false,
    "Read so that Centrifugo's files load, and without effect: the values of a placeholder are a list, or the start is refused.",
  ),
};

const tokenSchema = section(tokenEntries);

/** `client.token`: which tokens are accepted. Names and meanings are those of Centrifugo 6. */
export type TokenOptions = v.InferOutput<typeof tokenSchema>;

/** `client.subscription_token`: the same for subscription tokens. */
export interface SubscriptionTokenOptions extends TokenOptions {
  /** Whether subscription tokens have these keys alone; otherwise they have those of connection tokens. */
  readonly enabled: boolean;
}

/** No keys: every token is refused. The defaults of Centrifugo. */
export const tokenDefaults: TokenOptions = v.parse(tokenSchema, {});
