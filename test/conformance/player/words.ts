import type { Clock } from "../../../src/core/clock.ts";
import { jwt } from "../../auth/support.ts";
import { isList, isObject, type Json } from "../../support/json.ts";

/** What the words in double braces stand for at this moment. */
export interface Meanings {
  readonly clock: Clock;
  clientOf(connection: string): string;
  epochOf(channel: string): string;
}

/**
 * Puts values in the place of what stands in double braces: `{{client A}}`, `{{epoch CHANNEL}}`, `{{now +5}}`, and the
 * tokens `{{jwt CLAIMS}}` and `{{jwt! ALG SECRET CLAIMS}}`, in whose claims `"+5"` is five seconds from now.
 */
export function fill<T extends Json>(value: T, meanings: Meanings): T;
export function fill(value: Json, meanings: Meanings): Json {
  if (typeof value === "string") return fillText(value, meanings);
  if (isList(value)) return value.map((each) => fill(each, meanings));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [String(fillText(name, meanings)), fill(each, meanings)]),
  );
}

function fillText(text: string, meanings: Meanings): string | number {
  const seconds = Math.floor(meanings.clock.wall() / 1000);
  const now = /^\{\{now ([+-]\d+)\}\}$/.exec(text);
  if (now) return seconds + Number(now[1]);
  const named = text
    .replace(/\{\{client (\w+)\}\}/g, (_, name) => meanings.clientOf(name))
    .replace(/\{\{epoch ([^}]+)\}\}/g, (_, channel) => meanings.epochOf(channel));
  const token = /^\{\{jwt(?:! (\w+) (\S+))? (\{.*\})\}\}$/.exec(named);
  if (!token) return named;
  const [, alg = "HS256", secret = "secret", claims = "{}"] = token;
  return jwt(claimsOf(claims, seconds), { alg, secret });
}

function claimsOf(text: string, seconds: number): unknown {
  const claims: Record<string, unknown> = JSON.parse(text);
  for (const name of ["exp", "expire_at", "iat", "nbf"]) {
    if (typeof claims[name] === "string") claims[name] = seconds + Number(claims[name]);
  }
  return claims;
}
