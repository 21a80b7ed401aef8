import { createLocalJWKSet, errors, type JSONWebKeySet, type LocalJWKSet } from "jose";
import * as v from "valibot";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { KeyQuestion, KeySource, VerifyKey } from "./keys.ts";
import { type Outcome, passed, refused } from "./refusals.ts";

/** The part of `fetch` that is needed; a test may stand in for the network. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What a key set over HTTP is made of. */
export interface RemoteKeysOptions {
  /** The one address that is ever fetched; it comes from the configuration, whole. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch: Fetch;
  /** How long one fetch may take, in milliseconds. */
  readonly timeoutMs?: number;
}

/** How long fetched keys count, whether or not the endpoint answers meanwhile: one hour, as in Centrifugo. */
const ttlMs = 3_600_000;

/** After this time a use of the keys fetches them anew, without waiting for it, so that a short outage is not noticed. */
const renewAfterMs = 600_000;

/** The least time between two fetches while there are keys: tokens with made-up key ids cannot make more of them. */
const fetchFloorMs = 30_000;

/** The same while there are none, so that service resumes soon after the endpoint does. */
const retryFloorMs = 5_000;

/** How long one fetch may take; well under the deadline of a handshake, which waits for it. */
const defaultTimeoutMs = 3_000;

/** Bytes of a key set. The largest public ones, with certificates, have some 40 KiB. */
const bytesMax = 262_144;

/** The algorithms of keys in a set: those of Centrifugo. A set never holds secrets, so no HMAC. */
const algorithms = new Set(["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "EdDSA"]);

/** What is looked at in a set; a key that is of no use is left for jose to pass over. */
const keySetSchema = v.object({ keys: v.array(v.looseObject({ kty: v.string(), kid: v.optional(v.string()) })) });

/** Keys as they were fetched. */
interface KeySet {
  readonly fetchedAt: number;
  readonly kids: ReadonlySet<string>;
  readonly resolve: LocalJWKSet;
}

/** Why a fetch failed, in a word for the log; the error's own text may hold the URL with its credentials. */
class FetchFailure extends Error {}

/**
 * The keys of a JSON Web Key Set (RFC 7517) behind a URL. One instance is one URL, so a key id never means the key of
 * another issuer. At most one fetch is under way, none is made by a timer, and while keys are there an id that is not
 * among them is refused, even when the endpoint cannot be asked.
 */
export function remoteKeys(options: RemoteKeysOptions): KeySource {
  const { clock } = options;
  let keys: KeySet | undefined;
  let attemptedAt = Number.NEGATIVE_INFINITY;
  let underWay: Promise<void> | undefined;

  const usableKeys = (): KeySet | undefined =>
    keys !== undefined && clock.monotonic() - keys.fetchedAt < ttlMs ? keys : undefined;

  const renew = (): Promise<void> | undefined => {
    const floor = usableKeys() === undefined ? retryFloorMs : fetchFloorMs;
    if (underWay !== undefined || clock.monotonic() - attemptedAt < floor) return underWay;
    attemptedAt = clock.monotonic();
    underWay = fetchKeys(options).then((fetched) => {
      keys = fetched ?? keys;
      underWay = undefined;
    });
    return underWay;
  };

  return {
    async find(question) {
      if (!algorithms.has(question.alg)) return refused("algorithm");
      if (question.kid === undefined) return refused("key");
      const present = usableKeys();
      const known = present?.kids.has(question.kid) ?? false;
      // A known key does not wait for its renewal. An unknown one does, in case it is new.
      if (!known) await renew();
      else if (present !== undefined && clock.monotonic() - present.fetchedAt >= renewAfterMs) void renew();
      const usable = usableKeys();
      return usable === undefined ? refused("keys_unreachable") : keyOf(usable, question);
    },
  };
}

async function keyOf(keys: KeySet, { alg, kid }: KeyQuestion): Promise<Outcome<readonly VerifyKey[]>> {
  if (kid === undefined || !keys.kids.has(kid)) return refused("key");
  try {
    return passed([await keys.resolve({ alg, kid })]);
  } catch (error) {
    // The key is of another algorithm, is damaged, or shares its id with another one: it cannot verify this token.
    return refused(error instanceof errors.JWKSNoMatchingKey ? "algorithm" : "key");
  }
}

/** Fetches and reads the set; what goes wrong is one line in the log, and undefined. */
async function fetchKeys(options: RemoteKeysOptions): Promise<KeySet | undefined> {
  const { clock, log, url } = options;
  // The address without what may be secret in it.
  const { origin, pathname } = new URL(url);
  try {
    const set = readKeySet(await fetchText(options));
    const kids = new Set(set.keys.map((key) => key.kid).filter((kid) => kid !== undefined));
    // An endpoint that breaks in this way must not take away the keys that are here.
    if (kids.size === 0) throw new FetchFailure("no key with an id");
    log.debug("jwks.fetched", { url: origin + pathname, keys: kids.size });
    return { fetchedAt: clock.monotonic(), kids, resolve: createLocalJWKSet(set) };
  } catch (error) {
    const reason = error instanceof FetchFailure ? error.message : error instanceof Error ? error.name : "unknown";
    log.warn("jwks.failed", { url: origin + pathname, reason });
    return undefined;
  }
}

/** Gets the body. The time limit covers it to its last byte; redirects are not followed: the address is the configured one. */
async function fetchText({ fetch, url, timeoutMs = defaultTimeoutMs }: RemoteKeysOptions): Promise<string> {
  const signal = AbortSignal.timeout(timeoutMs);
  const headers = { accept: "application/jwk-set+json, application/json" };
  const response = await fetch(url, { signal, headers, redirect: "manual" });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new FetchFailure(`status ${response.status}`);
  }
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    // Leaving the loop cancels the rest of the body.
    if (bytes > bytesMax) throw new FetchFailure("too large");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function readKeySet(text: string): JSONWebKeySet {
  const set = v.safeParse(keySetSchema, parseJson(text));
  if (!set.success) throw new FetchFailure("not a key set");
  // jose takes a key set with every further field of unknown type, and looks at each itself.
  return set.output as JSONWebKeySet;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
