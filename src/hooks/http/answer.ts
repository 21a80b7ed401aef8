import * as v from "valibot";
import type { Disconnect } from "../../core/disconnects.ts";
import type { ClientError } from "../../core/errors.ts";
import { type Extent, findMember, isDeeperThan, jsonLevelsMax, skipSpace } from "../../core/json.ts";
import { isObject } from "../../core/object.ts";
import type { HookKind } from "../hooks.ts";
import { HttpFault } from "./endpoint.ts";

const code = v.optional(v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(4_294_967_295)), 0), 0);

const envelope = v.nullable(
  v.object({
    result: v.nullish(v.unknown()),
    error: v.nullish(v.object({ code, message: v.nullish(v.string(), ""), temporary: v.nullish(v.boolean(), false) })),
    disconnect: v.nullish(v.object({ code, reason: v.nullish(v.string(), "") })),
  }),
);

/** What an answer says without a result: a disconnect goes before an error. */
type Refusal =
  | { readonly kind: "none" }
  | { readonly kind: "error"; readonly error: ClientError }
  | { readonly kind: "disconnect"; readonly disconnect: Disconnect };

/** An answer: its result, and the refusal that goes before it. */
export interface Envelope {
  readonly refusal: Refusal | null;
  readonly result: ResultText | null;
}

/** A result: parsed, and as text. */
export interface ResultText {
  readonly value: object;
  readonly text: RawObject;
}

/** The text of an object whose payloads are taken as they are. */
export interface RawObject {
  readonly json: string;
  readonly start: number;
}

/**
 * Reads the body of an answer. Throws a HttpFault where it is none. As recorded, the answer about an expiry is its result,
 * or that there is none, whatever else it has.
 */
export function readAnswer(json: string, kind: HookKind): Envelope {
  const value = parse(json);
  // To valibot a list is an object too.
  const isList = [value, ...(isObject(value) ? [value["error"], value["disconnect"]] : [])].some(Array.isArray);
  if (isList) throw new HttpFault("the answer has a field of a wrong type: a list");
  const parsed = v.safeParse(envelope, value);
  if (!parsed.success) throw new HttpFault(`the answer has a field of a wrong type: ${pathOf(parsed.issues[0])}`);
  const { result, error, disconnect } = parsed.output ?? {};
  const found = resultOf(json, result);
  // An expiry has two outcomes, and a refusal is one of them, whatever its code.
  const isExpiry = kind === "refresh" || kind === "sub_refresh";
  if (disconnect && !isExpiry)
    return { refusal: { kind: "disconnect", disconnect: sendable(disconnect) }, result: found };
  if (error && !isExpiry) return { refusal: { kind: "error", error: errorOf(error) }, result: found };
  return { refusal: found ? null : { kind: "none" }, result: found };
}

function resultOf(json: string, value: unknown): ResultText | null {
  if (value === null || value === undefined) return null;
  if (!isObject(value) || Array.isArray(value)) throw new HttpFault("the answer's `result` is no object");
  const place = findMember(json, skipSpace(json, 0), "result");
  return { value, text: { json, start: place?.start ?? 0 } };
}

/** The exact text of a field; null where there is none. */
export function rawField({ json, start }: RawObject, name: string): string | null {
  const place: Extent | null = findMember(json, start, name);
  return place && json.slice(place.start, place.end);
}

/** The text of an object inside of another; null where there is none. */
export function rawObject({ json, start }: RawObject, name: string): RawObject | null {
  const place = findMember(json, start, name);
  return place && { json, start: place.start };
}

function parse(json: string): unknown {
  if (isDeeperThan(json, jsonLevelsMax)) throw new HttpFault("the answer has too many levels");
  try {
    return JSON.parse(json);
  } catch {
    throw new HttpFault("the answer is not JSON");
  }
}

export function errorOf({ code, message, temporary }: { code: number; message: string; temporary: boolean }) {
  return { code, message, ...(temporary && { temporary: true as const }) };
}

const reasonBytesMax = 123;

/** A close frame takes codes of applications and of the protocol alone, and 123 bytes of reason (RFC 6455 5.5, 7.4). */
export function sendable({ code, reason }: Disconnect): Disconnect {
  const isSendable = code >= 3_000 && code <= 4_999;
  if (!isSendable) throw new HttpFault(`the answer's disconnect has the code ${code}, which no close frame can have`);
  return { code, reason: Buffer.byteLength(reason) <= reasonBytesMax ? reason : cut(reason) };
}

function cut(reason: string): string {
  let shown = reason.slice(0, reasonBytesMax);
  while (Buffer.byteLength(shown) > reasonBytesMax) shown = shown.slice(0, -1);
  return shown.toWellFormed();
}

export function pathOf(issue: v.BaseIssue<unknown> | undefined): string {
  return (issue?.path ?? []).map(({ key }) => String(key)).join(".");
}
