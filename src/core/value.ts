import type { Payload } from "./payload.ts";

/** A value as a payload, or what in it cannot be kept: `at` says where (`items[2].when`, "" for the whole), `what` why. */
export type EncodedValue =
  | { readonly ok: true; readonly payload: Payload }
  | { readonly ok: false; readonly at: string; readonly what: string };

/** Levels of lists and objects in each other that are looked at; a value that contains itself has more. */
const levelsMax = 100;

/**
 * Encodes a value of an application without silent loss. Bytes (ArrayBuffer and its views) become a binary payload;
 * everything else becomes JSON, where JSON can hold it: `JSON.stringify` would turn a Map into `{}`, NaN into `null`
 * and a typed array into an object. A member that is undefined is left out, as absent.
 */
export function encodeValue(value: unknown): EncodedValue {
  const bytes = bytesOf(value);
  if (bytes) return { ok: true, payload: { kind: "binary", bytes } };
  try {
    const fault = faultIn(value, 0);
    if (fault) return { ok: false, ...fault };
    const json = JSON.stringify(value);
    if (json !== undefined) return { ok: true, payload: { kind: "json", json } };
  } catch {
    // A `toJSON` or a getter of the value threw: JSON cannot hold it.
  }
  return { ok: false, at: "", what: "a value that JSON can hold" };
}

/** A value in JSON. As `encodeValue`, but bytes are refused too. */
export function encodeJson(
  value: unknown,
): { readonly ok: true; readonly json: string } | (EncodedValue & { ok: false }) {
  const encoded = encodeValue(value);
  if (!encoded.ok) return encoded;
  const { payload } = encoded;
  return payload.kind === "json" ? { ok: true, json: payload.json } : { ok: false, at: "", what: "bytes" };
}

function bytesOf(value: unknown): Uint8Array | null {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer ? new Uint8Array(value) : null;
}

interface Fault {
  readonly at: string;
  readonly what: string;
}

function faultIn(value: unknown, level: number): Fault | null {
  switch (typeof value) {
    case "string":
    case "boolean":
      return null;
    case "number":
      return Number.isFinite(value) ? null : { at: "", what: String(value) };
    case "object":
      return value === null ? null : faultInObject(value, level);
    default:
      return { at: "", what: typeof value };
  }
}

function faultInObject(value: object, level: number): Fault | null {
  if (level >= levelsMax) return { at: "", what: `more than ${levelsMax} levels` };
  if (Array.isArray(value)) return faultInList(value, level);
  if ("toJSON" in value && typeof value.toJSON === "function") return faultInJsonOf(value, value.toJSON(), level);
  const what = opaqueKind(value);
  if (what !== null) return { at: "", what };
  for (const [key, member] of Object.entries(value)) {
    const fault = member === undefined ? null : faultIn(member, level + 1);
    // The place is put together on the way back: a value without a fault costs no text.
    if (fault)
      return { at: fault.at === "" || fault.at[0] === "[" ? key + fault.at : `${key}.${fault.at}`, what: fault.what };
  }
  return null;
}

function faultInList(list: readonly unknown[], level: number): Fault | null {
  for (let index = 0; index < list.length; index += 1) {
    const fault = faultIn(list[index], level + 1);
    if (fault)
      return { at: `[${index}]${fault.at === "" || fault.at[0] === "[" ? "" : "."}${fault.at}`, what: fault.what };
  }
  return null;
}

/** A date without a time writes `null`. */
function faultInJsonOf(value: object, json: unknown, level: number): Fault | null {
  return json === null && tagOf(value) === "Date" ? { at: "", what: "Invalid Date" } : faultIn(json, level + 1);
}

/** Objects whose content is not in their members; their JSON would be `{}`, or a list of bytes with names. */
function opaqueKind(value: object): string | null {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return "bytes inside of a value";
  const tag = tagOf(value);
  if (value instanceof Error || tag === "Error") return "Error";
  return tag === "Object" ? null : tag;
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
