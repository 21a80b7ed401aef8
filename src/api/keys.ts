import { timingSafeEqual } from "node:crypto";
import { type Bucket, takeToken } from "../core/rate.ts";
import { starPattern } from "../operations/glob.ts";

/** A key of the API as the configuration has it. */
export interface KeyOptions {
  readonly name: string;
  readonly key: string;
  /** Methods that it may call, and patterns of channels that it may touch; empty is all. */
  readonly methods: readonly string[];
  readonly channels: readonly string[];
}

/** The caller of a request: the rights of its key, and what is left of its rate. */
export interface Caller extends Bucket {
  /** The key's name, for the log. */
  readonly name: string;
  /** Its key is not limited to channels. */
  readonly touchesAll: boolean;
  mayCall(method: string): boolean;
  /** Whether its methods name this one: a key without any may call all methods that name a channel. */
  names(method: string): boolean;
  mayTouch(channel: string): boolean;
}

interface Known {
  readonly digest: Uint8Array;
  readonly caller: Caller;
}

/** Finds the caller of a request. */
export interface Keys {
  /** Null: the request has no key that is known. One right key is enough, in whichever of its three places. */
  callerOf(headers: Headers, query: URLSearchParams): Caller | null;
}

/**
 * Keys are compared by their digests, all of them every time, so that the time of a comparison depends neither on a key
 * nor on its length. With `insecure` no key is needed.
 */
export function createKeys(keys: readonly KeyOptions[], options: { queryKey: boolean; insecure: boolean }): Keys {
  const known = keys.map((key): Known => ({ digest: digestOf(key.key), caller: callerWith(key) }));
  const anyone = callerWith({ name: "insecure", key: "", methods: [], channels: [] });
  return {
    callerOf(headers, query) {
      if (options.insecure) return anyone;
      return (
        matching(known, headers.get("x-api-key")) ??
        matching(known, bearerOf(headers.get("authorization"))) ??
        (options.queryKey ? matching(known, query.get("api_key")) : null)
      );
    },
  };
}

/** Takes one request of a caller's rate; a limit of 0 is none. */
export function isWithinRate(caller: Caller, now: number, limit: number): boolean {
  return takeToken(caller, now, { limit, burst: Math.max(1, limit) });
}

/** Takes the rate of a request with many items, a token for each: at most that of a second, so that no key waits longer. */
export function chargeItems(caller: Caller, items: number, limit: number): void {
  if (limit > 0) caller.tokens -= Math.min(items - 1, limit);
}

function callerWith({ name, methods, channels }: KeyOptions): Caller {
  const patterns = channels.map(starPattern);
  return {
    name,
    touchesAll: patterns.length === 0,
    tokens: Number.MAX_SAFE_INTEGER,
    filledAt: 0,
    mayCall: (method) => methods.length === 0 || methods.includes(method),
    names: (method) => methods.includes(method),
    mayTouch: (channel) => patterns.length === 0 || patterns.some((matches) => matches(channel)),
  };
}

/** `Authorization: apikey KEY`: the scheme without regard to case, with any blanks between. */
function bearerOf(header: string | null): string | null {
  return /^\s*apikey\s+(.*\S)\s*$/i.exec(header ?? "")?.[1] ?? null;
}

function matching(known: readonly Known[], key: string | null): Caller | null {
  if (!key) return null;
  const digest = digestOf(key);
  let found: Caller | null = null;
  for (const each of known) if (timingSafeEqual(each.digest, digest)) found = each.caller;
  return found;
}

function digestOf(key: string): Uint8Array {
  const digest = new Uint8Array(32);
  Bun.SHA256.hash(key, digest);
  return digest;
}
