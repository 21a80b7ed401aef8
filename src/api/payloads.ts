import { findMember, isDeeperThan, jsonLevelsMax } from "../core/json.ts";
import type { Payload } from "../core/payload.ts";
import type { Caller } from "./keys.ts";

/** Where a request stands in the body, so that payloads can be taken from it as the bytes that came. */
export interface Place {
  readonly body: string;
  /** Where its object begins. */
  readonly at: number;
  /** Whose key it came with. */
  readonly caller: Pick<Caller, "name" | "touchesAll" | "mayTouch">;
}

/** What cannot be taken for a payload: `missing`, no base64, or JSON in it with too many levels. */
export type Unreadable = "missing" | "malformed";

/** Base64 of RFC 4648 4, with its padding, as Go's encoder and all others write it. */
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A byte order mark is no JSON, and is kept: what is not JSON goes on as the bytes that it is. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** `b64data` where it is given: JSON where it is JSON, else bytes. Otherwise `data`, as the bytes that came. */
export function payloadOf(b64data: string, place: Place): Payload | Unreadable {
  if (b64data === "") {
    const json = memberOf(place, "data");
    return json === undefined ? "missing" : { kind: "json", json };
  }
  if (!base64Pattern.test(b64data)) return "malformed";
  const bytes = Buffer.from(b64data, "base64");
  const text = textIn(bytes);
  if (text !== null && isDeeperThan(text, jsonLevelsMax)) return "malformed";
  return text !== null && isJson(text) ? { kind: "json", json: text } : { kind: "binary", bytes };
}

/** The raw JSON of a member; undefined where there is none. */
export function memberOf({ body, at }: Place, name: string): string | undefined {
  const extent = findMember(body, at, name);
  return extent ? body.slice(extent.start, extent.end) : undefined;
}

/** The same, or what its base64 form holds. */
export function jsonOf(
  base64: string,
  place: Place,
  name: string,
): { readonly json?: string | undefined } | "malformed" {
  if (base64 === "") return { json: memberOf(place, name) };
  const text = base64Pattern.test(base64) ? textIn(Buffer.from(base64, "base64")) : null;
  return text !== null && !isDeeperThan(text, jsonLevelsMax) && isJson(text) ? { json: text } : "malformed";
}

/** The text that bytes are; null where they are not UTF-8. */
function textIn(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
