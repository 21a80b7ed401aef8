import { bytesOfBase64 } from "../core/base64.ts";
import { detached } from "../core/detached.ts";
import { findMember } from "../core/json.ts";
import { noData, type Payload, payloadOfBytes, payloadToJson } from "../core/payload.ts";
import type { Call } from "./method.ts";

/** What cannot be read: no base64, or JSON in it with too many levels. */
export type Malformed = "malformed";

/** `b64data` where it is not empty: JSON where it is JSON, else bytes. Otherwise `data`, as the bytes that came. */
export function payloadOfRequest(b64data: string, call: Call): Payload | Malformed {
  if (b64data === "") {
    const json = memberOf(call, "data");
    return json === undefined ? noData : { kind: "json", json };
  }
  const bytes = bytesOfBase64(b64data);
  if (bytes === null) return "malformed";
  if (bytes.length === 0) return noData;
  return payloadOfBytes(bytes) ?? "malformed";
}

/** The raw JSON of a field; undefined where there is none. */
export function memberOf({ body, at }: Call, name: string): string | undefined {
  const extent = findMember(body, at, name);
  return extent ? detached(body.slice(extent.start, extent.end), body) : undefined;
}

/**
 * The JSON in a base64 field where it is not empty, or the base64 of its bytes as a string; otherwise the raw JSON of the
 * field beside it.
 */
export function jsonOfRequest(
  base64: string,
  call: Call,
  name: string,
): { readonly json?: string | undefined } | Malformed {
  if (base64 === "") return { json: memberOf(call, name) };
  const bytes = bytesOfBase64(base64);
  const payload = bytes && payloadOfBytes(bytes);
  return payload ? { json: payloadToJson(payload) } : "malformed";
}
