import { importJWK, type JWK } from "jose";
import * as v from "valibot";
import type { VerifyKey } from "./keys.ts";

/** A JSON Web Key Set (RFC 7517), reduced to the keys that can verify a signature. */
export interface KeySet {
  /** Every key id in the set, also the ids of keys that cannot be used. */
  readonly kids: ReadonlySet<string>;
  /** How many keys can be used. */
  readonly size: number;
  /** All keys of an id that fit an algorithm, in the order of the set; keys that cannot be imported are left out. */
  find(kid: string, alg: string): Promise<readonly VerifyKey[]>;
}

/** The algorithms of each kind of key: those of Centrifugo. No symmetric ones: a set that anyone may read holds no secret. */
const algorithmsByKind: Readonly<Record<string, readonly string[]>> = {
  RSA: ["RS256", "RS384", "RS512"],
  "EC P-256": ["ES256"],
  "EC P-384": ["ES384"],
  "EC P-521": ["ES512"],
  "OKP Ed25519": ["EdDSA"],
};

/** Every algorithm that a key of a set may have. */
export const setAlgorithms: ReadonlySet<string> = new Set(Object.values(algorithmsByKind).flat());

/** The envelope alone: RFC 7517 section 5 asks to ignore keys that are malformed or not understood, one by one. */
const setSchema = v.object({ keys: v.array(v.unknown()) });

/** An entry whose id can be read, whatever else is wrong with it. */
const idSchema = v.object({ kid: v.string() });

const member = v.nullish(v.pipe(v.string(), v.regex(/^[\w-]+$/)));

/** A key that can be used: public, for signatures, with an id. Null is an absent member. */
const keySchema = v.object({
  kid: v.string(),
  kty: v.picklist(["RSA", "EC", "OKP"]),
  use: v.nullish(v.literal("sig")),
  key_ops: v.nullish(
    v.pipe(
      v.array(v.string()),
      v.check((operations) => operations.includes("verify")),
    ),
  ),
  alg: v.nullish(v.string()),
  crv: v.nullish(v.string()),
  n: member,
  e: member,
  x: member,
  y: member,
  /** A private key is not used: it should not be where anyone can read it. */
  d: v.nullish(v.never()),
});

/** One usable key, imported once for each algorithm, when a token first asks for it. */
interface SetKey {
  readonly algorithms: readonly string[];
  readonly jwk: JWK;
  readonly imports: Map<string, Promise<VerifyKey | null>>;
}

/** Reads the JSON of a key set; null where it is none. */
export function readKeySet(value: unknown): KeySet | null {
  const set = v.safeParse(setSchema, value);
  if (!set.success) return null;
  const kids = new Set<string>();
  // By their JSON, so that a key that is in the set twice is tried once.
  const byKid = new Map<string, Map<string, SetKey>>();
  for (const entry of set.output.keys) {
    const id = v.safeParse(idSchema, entry);
    if (!id.success) continue;
    kids.add(id.output.kid);
    const key = readKey(entry);
    if (key === null) continue;
    const keys = byKid.get(id.output.kid) ?? new Map<string, SetKey>();
    byKid.set(id.output.kid, keys.set(JSON.stringify([key.jwk, key.algorithms]), key));
  }
  return {
    kids,
    size: [...byKid.values()].reduce((sum, keys) => sum + keys.size, 0),
    async find(kid, alg) {
      const candidates = [...(byKid.get(kid)?.values() ?? [])].filter(({ algorithms }) => algorithms.includes(alg));
      const imported = await Promise.all(candidates.map((key) => importOnce(key, alg)));
      return imported.filter((key) => key !== null);
    },
  };
}

function readKey(entry: unknown): SetKey | null {
  const parsed = v.safeParse(keySchema, entry);
  if (!parsed.success) return null;
  const { kty, crv, alg, n, e, x, y } = parsed.output;
  const kind = kty === "RSA" ? kty : `${kty} ${crv}`;
  // RFC 9864 names the algorithm of an Ed25519 key after its curve.
  const own = alg === "Ed25519" ? "EdDSA" : alg;
  const algorithms = (algorithmsByKind[kind] ?? []).filter((name) => !own || name === own);
  const members = { crv: kty === "RSA" ? null : crv, n, e, x, y };
  // Other members (`ext`, `key_ops`) are left out: they have been read, and an import may refuse them.
  const jwk: JWK = { kty, ...Object.fromEntries(Object.entries(members).filter(([, value]) => value)) };
  return algorithms.length === 0 ? null : { algorithms, jwk, imports: new Map() };
}

function importOnce(key: SetKey, alg: string): Promise<VerifyKey | null> {
  const imported = key.imports.get(alg) ?? importKey(key.jwk, alg);
  key.imports.set(alg, imported);
  return imported;
}

/** Null for values that are no key, such as a point that is not on its curve. */
async function importKey(jwk: JWK, alg: string): Promise<VerifyKey | null> {
  try {
    const key = await importJWK(jwk, alg);
    return key instanceof Uint8Array ? null : key;
  } catch {
    return null;
  }
}
