import { createHmac, generateKeyPairSync, type KeyObject, sign as signBytes } from "node:crypto";
import type { SubscriptionClaims, Verdict } from "../../src/auth/authenticator.ts";
import { type AuthenticatorOptions, createAuthenticator } from "../../src/auth/jwt.ts";
import type { Clock } from "../../src/core/clock.ts";
import type { Identity } from "../../src/core/identity.ts";
import type { Log, LogFields } from "../../src/core/log.ts";
import { milliseconds } from "../../src/core/time.ts";
import { type TokenOptions, tokenDefaults } from "../../src/options/token.ts";

/** The moment at which the tests stand, in seconds since 1970. */
export const now = 1_800_000_000;

/** A clock that moves only when it is told to. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

/** A clock that stands at `now`. */
export function manualClock(): ManualClock {
  let passed = 0;
  return {
    monotonic: () => milliseconds(passed),
    wall: () => milliseconds(now * 1000 + passed),
    advance: (ms) => {
      passed += ms;
    },
  };
}

/** A log that keeps its lines. */
export interface KeptLog extends Log {
  readonly lines: { readonly level: string; readonly event: string; readonly fields: LogFields }[];
}

/** A log that keeps its lines. */
export function keptLog(): KeptLog {
  const lines: KeptLog["lines"] = [];
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}) => {
      lines.push({ level, event, fields });
    };
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** An authenticator with the secret "secret", changed by what is given. */
export function authenticator(
  token: Partial<TokenOptions> = { hmac_secret_key: "secret" },
  rest: Partial<Omit<AuthenticatorOptions, "token">> = {},
) {
  return createAuthenticator({
    token: { ...tokenDefaults, ...token },
    subscriptionToken: { ...tokenDefaults, enabled: false },
    clock: manualClock(),
    log: keptLog(),
    ...rest,
  });
}

/** Base64url of a text, or of a value's JSON. */
export function encode(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}

/** How a test token is signed; the tests sign by node:crypto, so that the library is not asked about itself. */
export interface Signing {
  readonly alg?: string;
  readonly secret?: string | Buffer;
  readonly key?: KeyObject;
  /** More of the header, or other values. */
  readonly header?: Readonly<Record<string, unknown>>;
}

/** A token with these claims (an object, or the very text). */
export function jwt(claims: unknown, { alg = "HS256", secret = "secret", key, header = {} }: Signing = {}): string {
  const signed = `${encode({ alg, typ: "JWT", ...header })}.${encode(claims)}`;
  return `${signed}.${signatureOf(signed, alg, key ?? secret)}`;
}

function signatureOf(signed: string, alg: string, key: KeyObject | string | Buffer): string {
  const hash = `sha${alg.slice(2)}`;
  if (typeof key === "string" || Buffer.isBuffer(key)) return createHmac(hash, key).update(signed).digest("base64url");
  const algorithm = alg === "EdDSA" ? null : hash;
  return signBytes(algorithm, Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
}

/** A pair of keys for an algorithm. */
export function keyPair(alg: string): {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly pem: string;
} {
  const pair = makePair(alg);
  return { ...pair, pem: pair.publicKey.export({ type: "spki", format: "pem" }).toString() };
}

function makePair(alg: string) {
  if (alg === "EdDSA") return generateKeyPairSync("ed25519");
  if (alg.startsWith("RS")) return generateKeyPairSync("rsa", { modulusLength: 2048 });
  const curves: Record<string, string> = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };
  return generateKeyPairSync("ec", { namedCurve: curves[alg] ?? "P-256" });
}

/** The identity in a verdict that must be a good one. */
export async function identity(verdict: Promise<Verdict<Identity>>): Promise<Identity> {
  return claimsOf(await verdict);
}

/** The subscription in a verdict that must be a good one. */
export async function subscription(verdict: Promise<Verdict<SubscriptionClaims>>): Promise<SubscriptionClaims> {
  return claimsOf(await verdict);
}

function claimsOf<Claims>(verdict: Verdict<Claims>): Claims {
  if (!verdict.ok) throw new Error(`the token was refused: ${verdict.error}`);
  return verdict.value;
}

/** "ok", or why not. */
export async function outcome(verdict: Promise<Verdict<unknown>>): Promise<string> {
  const found = await verdict;
  return found.ok ? "ok" : found.error;
}
