import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { type KeySet, readKeySet, setAlgorithms } from "./key-set.ts";
import type { KeyQuestion, KeySource, VerifyKey } from "./keys.ts";
import { type Outcome, passed, refused } from "./refusals.ts";

/** The part of `fetch` that is needed; a test may replace the network. */
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

/** A key set with the monotonic time, in milliseconds, at which it was fetched. */
interface FetchedKeys {
  readonly fetchedAt: number;
  readonly set: KeySet;
}

/** Why a fetch failed, in a word for the log; the error's own text may hold the URL with its credentials. */
class FetchFailure extends Error {}

/**
 * The keys of a JSON Web Key Set (RFC 7517) behind a URL. One instance is one URL, so a key id never means the key of
 * another issuer. At most one fetch is under way, and no timer starts one. A key id that is not in the set is refused for
 * good only after a fetch that this token waited for; otherwise the refusal is temporary, because the issuer may have
 * a new key that was not fetched yet.
 */
export function remoteKeys(options: RemoteKeysOptions): KeySource {
  const { clock } = options;
  let keys: FetchedKeys | undefined;
  let attemptedAt = Number.NEGATIVE_INFINITY;
  let underWay: Promise<boolean> | undefined;

  const usableKeys = (): FetchedKeys | undefined =>
    keys !== undefined && clock.monotonic() - keys.fetchedAt < ttlMs ? keys : undefined;

  /**
   * Resolves to whether the set was fetched since this was asked; false at once where no fetch is allowed yet. A fetch that
   * was under way may bring a set of before.
   */
  const renew = async (): Promise<boolean> => {
    const floor = usableKeys() === undefined ? retryFloorMs : fetchFloorMs;
    if (underWay !== undefined) return underWay.then(() => false);
    if (clock.monotonic() - attemptedAt < floor) return false;
    attemptedAt = clock.monotonic();
    underWay = fetchKeys(options).then((fetched) => {
      keys = fetched ?? keys;
      underWay = undefined;
      return fetched !== undefined;
    });
    return underWay;
  };

  /** Makes sure that a key id was looked for in a set as new as allowed; resolves to whether a missing id is proven missing. */
  const look = async (kid: string): Promise<boolean> => {
    const present = usableKeys();
    // An unknown key waits for a renewal, in case it is new. A known one does not.
    if (present === undefined || !present.set.kids.has(kid)) return renew();
    if (clock.monotonic() - present.fetchedAt >= renewAfterMs) void renew();
    return true;
  };

  return {
    async find(question) {
      if (!setAlgorithms.has(question.alg)) return refused("algorithm");
      if (question.kid === undefined) return refused("key");
      const isCurrent = await look(question.kid);
      const usable = usableKeys();
      if (usable === undefined) return refused("keys_unreachable");
      if (!usable.set.kids.has(question.kid)) return refused(isCurrent ? "key" : "key_unknown_yet");
      return keysOf(usable.set, question);
    },
  };
}

async function keysOf(set: KeySet, { alg, kid = "" }: KeyQuestion): Promise<Outcome<readonly VerifyKey[]>> {
  const keys = await set.find(kid, alg);
  // The keys of this id are of another algorithm, or cannot be used.
  return keys.length === 0 ? refused("algorithm") : passed(keys);
}

/** Fetches and reads the set; what goes wrong is one line in the log, and undefined. */
async function fetchKeys(options: RemoteKeysOptions): Promise<FetchedKeys | undefined> {
  const { clock, log, url } = options;
  // The address without what may be secret in it.
  const { origin, pathname } = new URL(url);
  try {
    const set = readKeySet(parseJson(await fetchText(options)));
    if (set === null) throw new FetchFailure("not a key set");
    // An endpoint that breaks in this way must not take away the keys that are here.
    if (set.size === 0) throw new FetchFailure("no key with an id");
    log.debug("jwks.fetched", { url: origin + pathname, keys: set.size });
    return { fetchedAt: clock.monotonic(), set };
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
