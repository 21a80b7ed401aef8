/**
 * Which tokens are accepted. Names and meanings are those of Centrifugo 6 (`client.token`), which is why they are in
 * snake case; "" means that an option is not set.
 */
export interface TokenOptions {
  /** The secret of HS256, HS384 and HS512. */
  readonly hmac_secret_key: string;
  /** The secret before the last change; tokens signed with it stay good while their holders fetch others. */
  readonly hmac_previous_secret_key: string;
  /** Until when the previous secret counts, in seconds since 1970; 0 is without end. */
  readonly hmac_previous_secret_key_valid_until: number;
  /** The public key of RS256, RS384 and RS512: PEM of a key or of a certificate. */
  readonly rsa_public_key: string;
  /** The public key of ES256, ES384 or ES512, by its curve: PEM of a key or of a certificate. */
  readonly ecdsa_public_key: string;
  /**
   * Where a JSON Web Key Set is served; once set, the keys above are not used (as in Centrifugo). `{{name}}` in it is the
   * named group of `issuer_regex` or `audience_regex`, which has to list its values.
   */
  readonly jwks_public_endpoint: string;
  /** What `aud` must be or hold. */
  readonly audience: string;
  /** A pattern that `aud`, or one entry of it, must match; not beside `audience`. */
  readonly audience_regex: string;
  /** What `iss` must be. */
  readonly issuer: string;
  /** A pattern that `iss` must match; not beside `issuer`. */
  readonly issuer_regex: string;
  /** The claim with the user's id, where that is not `sub`. */
  readonly user_id_claim: string;
  /** Read so that Centrifugo's files load, and without effect: a placeholder's values are a list, or the start is refused. */
  readonly insecure_skip_jwks_endpoint_safety_check: boolean;
}

/** `client.subscription_token`: the same options for subscription tokens. */
export interface SubscriptionTokenOptions extends TokenOptions {
  /** Whether subscription tokens have these keys alone; otherwise they have those of connection tokens. */
  readonly enabled: boolean;
}

/** No keys: every token is refused. The defaults of Centrifugo. */
export const tokenDefaults: TokenOptions = {
  hmac_secret_key: "",
  hmac_previous_secret_key: "",
  hmac_previous_secret_key_valid_until: 0,
  rsa_public_key: "",
  ecdsa_public_key: "",
  jwks_public_endpoint: "",
  audience: "",
  audience_regex: "",
  issuer: "",
  issuer_regex: "",
  user_id_claim: "",
  insecure_skip_jwks_endpoint_safety_check: false,
};
