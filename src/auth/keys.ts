import { createPublicKey, type KeyObject } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { readPem } from "../core/pem.ts";
import type { TokenOptions } from "../options/token.ts";
import { type Outcome, passed, refused } from "./refusals.ts";

/** A key that a signature may be verified with; imported once, used for as long as the process runs. */
export type VerifyKey = CryptoKey | KeyObject;

/** What of a token is read before its signature; all of it only chooses among what the configuration allows. */
export interface KeyQuestion {
  readonly alg: string;
  readonly kid: string | undefined;
  /** The claims in base64url, as they came: they choose between key sets, where the configuration has several. */
  readonly payload: string;
}

/** Where the keys come from: the configuration, or a key set that the configuration names. */
export interface KeySource {
  /** The keys to try, the likeliest first. Bounded in time; never rejects. */
  find(question: KeyQuestion): Promise<Outcome<readonly VerifyKey[]>>;
}

/** Finds the keys of one algorithm, at the moment at which they are asked for. */
type KeysOfAlgorithm = () => Promise<readonly VerifyKey[]>;

const hmacHashes = { HS256: "SHA-256", HS384: "SHA-384", HS512: "SHA-512" } as const;
const curveAlgorithms: Readonly<Record<string, string>> = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
};

/** The keys in the configuration itself. Throws with a sentence on a key that cannot be used. */
export function configuredKeys(options: TokenOptions, clock: Clock): KeySource {
  const algorithms = new Map<string, KeysOfAlgorithm>([
    ...hmacKeys(options, clock),
    ...rsaKeys(options.rsa_public_key),
    ...ecdsaKeys(options.ecdsa_public_key),
  ]);
  return {
    async find({ alg }) {
      const keys = algorithms.get(alg);
      return keys === undefined ? refused("algorithm") : passed(await keys());
    },
  };
}

function hmacKeys(options: TokenOptions, clock: Clock): [string, KeysOfAlgorithm][] {
  const { hmac_secret_key: secret, hmac_previous_secret_key: previousSecret } = options;
  const until = options.hmac_previous_secret_key_valid_until;
  if (secret === "" && previousSecret === "") return [];
  return Object.entries(hmacHashes).map(([alg, hash]) => {
    const current = secret === "" ? undefined : importOnce(secret, hash);
    const previous = previousSecret === "" ? undefined : importOnce(previousSecret, hash);
    return [
      alg,
      async () => {
        const counts = until === 0 || Math.floor(clock.wall() / 1000) <= until;
        const wanted = [current, counts ? previous : undefined];
        return Promise.all(wanted.filter((key) => key !== undefined).map((key) => key()));
      },
    ];
  });
}

/** Imports a secret at its first use and keeps it: importing it again for each token costs as much as verifying one. */
function importOnce(secret: string, hash: string): () => Promise<CryptoKey> {
  let key: Promise<CryptoKey> | undefined;
  return () => {
    key ??= crypto.subtle.importKey("raw", Buffer.from(secret), { name: "HMAC", hash }, false, ["verify"]);
    return key;
  };
}

/** Throws with a sentence where `rsa_public_key` cannot be used. */
export function rsaKeys(pem: string): [string, KeysOfAlgorithm][] {
  if (pem === "") return [];
  const key = readPublicKey(pem, "rsa");
  // RFC 7518 3.3 asks for 2048 bits; jose verifies with nothing smaller.
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) throw new Error("an RSA key needs at least 2048 bits");
  return ["RS256", "RS384", "RS512"].map((alg) => [alg, async () => [key]]);
}

/** Throws with a sentence where `ecdsa_public_key` cannot be used. */
export function ecdsaKeys(pem: string): [string, KeysOfAlgorithm][] {
  if (pem === "") return [];
  const key = readPublicKey(pem, "ec");
  const alg = curveAlgorithms[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (alg === undefined) throw new Error("the curve of an ECDSA key is P-256, P-384 or P-521");
  return [[alg, async () => [key]]];
}

/** Reads the PEM of a public key or certificate; jose keeps what it derives from the object that is returned. */
function readPublicKey(value: string, type: "rsa" | "ec"): KeyObject {
  const pem = readPem(value);
  // A private key would be read as well, by deriving the public one; it does not belong in this place.
  if (pem?.includes("PRIVATE KEY")) throw new Error("expected a public key, got a private one");
  const key = pem === null ? undefined : parsePem(pem);
  if (key?.asymmetricKeyType === type) return key;
  const wanted = `expected the PEM of an ${type.toUpperCase()} public key`;
  const isPath = pem === null && /[/\\]|\.\w+$/.test(value);
  throw new Error(isPath ? `${wanted}, got the path of a file: write its text, or the base64 of its text` : wanted);
}

function parsePem(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}
