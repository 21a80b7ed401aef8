import { badField, type ClientError, errors, withReason } from "../core/errors.ts";
import { isDeeperThan, jsonLevelsMax } from "../core/json.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import { type Refusal, type Result, refuse } from "../core/result.ts";
import { readWith } from "../operations/schema.ts";
import type { Caller } from "./keys.ts";
import type { Call, Method } from "./method.ts";
import { tooLarge } from "./room.ts";
import { unknownFields, unknownFieldsError } from "./unknown-fields.ts";

/** A request that cannot be read, and where: status 400. */
export interface Malformed {
  readonly ok: false;
  readonly malformed: string;
}

/** What a call came to. */
export type Outcome = Result<string> | Malformed;

/** Whole numbers that are written with a point or an exponent are perhaps in the text. */
const writtenAsFraction = /\d\.0|\d[eE]/;

/**
 * A body as JSON; undefined where it is none, or has too many levels. A whole number that is written with a point or an
 * exponent is no integer, as recorded: here it becomes a fraction. Payloads are taken from the text.
 */
export function parseJson(body: string): unknown {
  if (isDeeperThan(body, jsonLevelsMax)) return undefined;
  try {
    return writtenAsFraction.test(body) ? parseExact(body, asFraction) : JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** JSON.parse with the source text of numbers (ECMAScript 2026), which the type library does not know yet. */
const parseExact = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;

function asFraction(_key: string, value: unknown, { source = "" }: { readonly source?: string }): unknown {
  return typeof value === "number" && /[.eE]/.test(source) && Number.isInteger(value) ? 0.5 : value;
}

/** A request that cannot be read. */
export function malformed(mistake: string): Malformed {
  return { ok: false, malformed: mistake };
}

/** A request that was read, and the fields of it that its method has not. */
interface Read {
  readonly ok: true;
  readonly value: object;
  readonly unknown: readonly string[];
}

const none: readonly string[] = [];

/** Reads the request of a method. */
export function readRequest(method: Method, value: unknown): Read | Refusal | Malformed {
  const plain = method.readPlain?.(value);
  if (plain) return { ok: true, value: plain, unknown: none };
  const read = readWith(method.request, value);
  if (read.ok) return { ok: true, value: read.value, unknown: unknownFields(method, value) };
  return method.isOwn ? refuse(badField(read.error)) : malformed(read.error);
}

/** Runs a method with a request that was read: the rights of the key first, then the fields that it needs. */
export function invoke(method: Method, { value: request, unknown }: Read, call: Call): MaybePromise<Result<string>> {
  const { caller, room, ports } = call;
  const error =
    rightsError(method, request, caller) ?? unknownFieldsError(method, unknown, call) ?? needsError(method, request);
  if (error) {
    if (method.kind === "publish" || method.kind === "message") {
      ports.operations.logRefused({ source: caller.name, method: method.name, request }, error);
    }
    return refuse(error);
  }
  const isRead = method.kind === "read";
  if (isRead && room.left <= 0) return refuse(tooLarge);
  return then(method.run(request, call, ports), (result) =>
    result.ok && !room.takes(result.value) && isRead ? refuse(tooLarge) : result,
  );
}

/** What the key has no right to; its owner reads which of its limits it was. */
function rightsError(method: Method, request: object, caller: Caller): ClientError | null {
  const { name } = method;
  if (!caller.mayCall(name)) return denied(`the key ${caller.name} may not call ${name}`);
  if (caller.touchesAll) return null;
  const channels = method.channels(request);
  if (channels === null) {
    if (caller.names(name)) return null;
    return denied(`the key ${caller.name} is limited to channels: it may call ${name} where its methods name it`);
  }
  if (channels.every((channel) => channel === "" || caller.mayTouch(channel))) return null;
  const which = channels.length === 1 ? "this channel" : "all of these channels";
  return denied(`the key ${caller.name} may not touch ${which}`);
}

function denied(reason: string): ClientError {
  return withReason(errors.permissionDenied, reason);
}

function needsError({ needs }: Method, request: object): ClientError | null {
  for (const name of needs) {
    const value: unknown = Reflect.get(request, name);
    if (value === "" || (Array.isArray(value) && value.length === 0)) return errors.badRequest;
  }
  return null;
}
