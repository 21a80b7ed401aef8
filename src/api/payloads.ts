import { bytesOfBase64 } from "../core/base64.ts";
import { detached } from "../core/detached.ts";
import { findMember, isDeeperThan, jsonLevelsMax } from "../core/json.ts";
import { noData, type Payload } from "../core/payload.ts";
import type { Call } from "./method.ts";

/** What cannot be read: no base64, or JSON in it with too many levels. */
export type Malformed = "malformed";

/** A byte order mark is no JSON, and is kept: what is not JSON is forwarded as the bytes that it is. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** `b64data` where it is not empty: JSON where it is JSON, else bytes. Otherwise `data`, as the bytes that came. */
export function payloadOfRequest(b64data: string, call: Call): Payload | Malformed {
  if (b64data === "") {
    const json = memberOf(call, "data");
    return json === undefined ? noData : { kind: "json", json };
  }
  const bytes = bytesOfBase64(b64data);
  if (bytes === null) return "malformed";
  if (bytes.length === 0) return noData;
  const text = textIn(bytes);
  if (text !== null && isDeeperThan(text, jsonLevelsMax)) return "malformed";
  return text !== null && isJson(text) ? { kind: "json", json: text } : { kind: "binary", bytes };
}

/** The raw JSON of a field; undefined where there is none. */
export function memberOf({ body, at }: Call, name: string): string | undefined {
  const extent = findMember(body, at, name);
  return extent ? detached(body.slice(extent.start, extent.end), body) : undefined;
}

/** The JSON in a base64 field where it is not empty; otherwise the raw JSON of the field beside it. */
export function jsonOfRequest(
  base64: string,
  call: Call,
  name: string,
): { readonly json?: string | undefined } | Malformed {
  if (base64 === "") return { json: memberOf(call, name) };
  const bytes = bytesOfBase64(base64);
  const text = bytes === null ? null : textIn(bytes);
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
