import * as v from "valibot";
import type { Clock } from "../core/clock.ts";
import { isObject } from "../core/object.ts";
import { type Seconds, seconds } from "../core/time.ts";
import type { TokenOptions } from "../options/token.ts";
import { parseForWriting } from "./json.ts";
import { compilePattern } from "./pattern.ts";
import { type Outcome, passed, refused } from "./refusals.ts";

/** The grammar of a JSON number: what an `exp` or `nbf` in text form has to be (some issuers write it so). */
const numberText = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Seconds since 1970, fractions allowed (RFC 7519, NumericDate). */
const numericDate = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(numberText), v.transform(Number))]),
  v.finite(),
);

/** An object with these entries; valibot's own schema takes a list for an object without any. */
function withoutLists<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.pipe(v.custom<object>(isObject), v.object(entries));
}

/**
 * What one subscription may carry: in a subscription token itself, or in the `subs` of a connection token. An option that
 * is named without a value is false, as in Centrifugo.
 */
const override = v.nullish(withoutLists({ value: v.nullish(v.boolean(), false) }));
const grantEntries = {
  b64info: v.nullish(v.string()),
  b64data: v.nullish(v.string()),
  override: v.nullish(
    withoutLists({
      presence: override,
      join_leave: override,
      force_push_join_leave: override,
      force_recovery: override,
      force_positioning: override,
    }),
  ),
};

/** A value of `subs`. `info` and `data` are of any type and are taken from the exact text instead. */
export const grantSchema = withoutLists(grantEntries);

/** What every token may have; null is taken as absent, as JSON libraries of several languages write it. */
const commonEntries = {
  sub: v.nullish(v.string()),
  aud: v.nullish(v.union([v.string(), v.array(v.string())])),
  iss: v.nullish(v.string()),
  jti: v.nullish(v.string()),
  exp: v.nullish(numericDate),
  nbf: v.nullish(numericDate),
  expire_at: v.nullish(v.pipe(v.number(), v.safeInteger())),
  channel: v.nullish(v.string()),
};

/**
 * The claims of a connection token. `subs` is looked through entry by entry later: its keys are channel names of any
 * kind, and a schema of records would leave out `constructor` and the like.
 */
export const connectionSchema = v.object({
  ...commonEntries,
  b64info: v.nullish(v.string()),
  /** Of any type: applications may have a claim of this name for something else. */
  device: v.optional(v.unknown()),
  channels: v.nullish(v.array(v.nullable(v.string()))),
  subs: v.nullish(v.custom<JsonObject>(isObject)),
});

/** The claims of a subscription token. */
export const subscriptionSchema = v.object({ ...commonEntries, ...grantEntries, client: v.nullish(v.string()) });

/** The claims that both kinds of tokens have. */
export type CommonClaims = v.InferOutput<v.ObjectSchema<typeof commonEntries, undefined>>;

/** Any JSON object, as JSON.parse makes it: every key is its own, `__proto__` as well. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A token's claims in the two forms in which they are needed. */
export interface ParsedClaims<Claims extends CommonClaims> {
  readonly claims: Claims;
  /** The user's id: `sub`, or the claim that the configuration names. */
  readonly user: string;
  /** The same object with every number as it was written; for payloads alone. */
  readonly exact: JsonObject;
}

/** Reads the text of verified claims. */
export function parseClaims<Claims extends CommonClaims>(
  text: string,
  schema: v.GenericSchema<unknown, Claims>,
  userClaim: string,
): Outcome<ParsedClaims<Claims>> {
  const [plain, exact] = parseTwice(text);
  if (!isObject(plain) || !isObject(exact)) return refused("claims");
  const claims = v.safeParse(schema, plain);
  const user = userClaim === "" ? plain["sub"] : ownValue(plain, userClaim);
  const userId = userOf(user);
  if (!claims.success || userId === undefined) return refused("claims");
  return passed({ claims: claims.output, user: userId, exact });
}

/** The value of an object's own key; a claim named `constructor` is not inherited. */
export function ownValue(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function parseTwice(text: string): [unknown, unknown] {
  try {
    return [JSON.parse(text), parseForWriting(text)];
  } catch {
    // Not JSON, or nested so deep that it cannot be walked.
    return [undefined, undefined];
  }
}

/**
 * No user is the anonymous one. Text that is not well-formed Unicode is no id: on the wire and in files every half of a
 * surrogate pair becomes the same character, and two users would be one. A number is a user id in a configured claim,
 * as in Centrifugo; the schema of `sub` has none.
 */
function userOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value.isWellFormed() ? value : undefined;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

/** Checks `aud` and `iss`; they come before the times, so that a foreign token is never merely "expired". */
export function audienceCheck(options: TokenOptions): (claims: CommonClaims) => Outcome<null> {
  const audienceFits = matcher(options.audience, options.audience_regex);
  const issuerFits = matcher(options.issuer, options.issuer_regex);
  return ({ aud, iss }) => {
    const audiences = typeof aud === "string" ? [aud] : (aud ?? []);
    if (audienceFits !== undefined && !audiences.some(audienceFits)) return refused("audience");
    if (issuerFits !== undefined && !issuerFits(iss ?? "")) return refused("issuer");
    return passed(null);
  };
}

function matcher(exact: string, pattern: string): ((value: string) => boolean) | undefined {
  if (exact !== "") return (value) => value === exact;
  if (pattern === "") return undefined;
  const compiled = compilePattern(pattern);
  return (value) => compiled.test(value);
}

/** Seconds that no clock of 64 bits shows: such a time is neither over nor yet to come, and refused either way. */
const secondsMax = 2 ** 63;

/** Checks `exp` and `nbf` to the millisecond, with no leeway; `iat` is not checked. */
export function checkTimes({ exp, nbf }: CommonClaims, clock: Clock): Outcome<null> {
  const now = clock.wall() / 1000;
  if (typeof exp === "number" && (exp <= now || exp >= secondsMax)) return refused("expired", exp);
  if (typeof nbf === "number" && nbf > now) return refused("not_yet", nbf);
  return passed(null);
}

/**
 * When what the token grants expires, in seconds since 1970; null is never. `expire_at` replaces `exp`, also by never
 * (0 or less) and by a moment that has passed: the caller answers that.
 */
export function expiryOf({ exp, expire_at }: CommonClaims): Seconds | null {
  if (typeof expire_at === "number") return expire_at > 0 ? seconds(expire_at) : null;
  return typeof exp === "number" ? seconds(Math.floor(exp)) : null;
}
