import { isDeeperThan, jsonLevelsMax } from "./json.ts";

/**
 * What a publication carries, in the form in which it came. It is turned into another form only where a client of the
 * other protocol is there to read it, and JSON is never parsed and written again: the bytes that came are the bytes
 * that go out.
 */
export type Payload =
  /** The raw text of one JSON value; empty where there is no data at all. */
  | { readonly kind: "json"; readonly json: string }
  /** A plain client's text frame. */
  | { readonly kind: "text"; readonly text: string }
  /** A plain client's binary frame, or `b64data` that is not JSON. */
  | { readonly kind: "binary"; readonly bytes: Uint8Array };

/** What a client publishes that sends no data, which is not the same as JSON's null: few namespaces take it. */
export const noData: Payload = { kind: "json", json: "" };

/** The tag that says that a JSON string is base64 of bytes: how a binary payload travels where only JSON can. */
export const encodingTag = "chorus-encoding";

/** The payload as the raw text of one JSON value: text becomes a string, bytes a base64 string. */
export function payloadToJson(payload: Payload): string {
  switch (payload.kind) {
    case "json":
      return payload.json;
    case "text":
      return JSON.stringify(payload.text);
    case "binary":
      return `"${Buffer.from(payload.bytes.buffer, payload.bytes.byteOffset, payload.bytes.byteLength).toString("base64")}"`;
  }
}

/** The string of a JSON text; null where it is another value. */
export function stringIn(json: string): string | null {
  if (!json.trimStart().startsWith('"')) return null;
  const value: unknown = JSON.parse(json);
  return typeof value === "string" ? value : null;
}

/** The tags that go with the payload where it travels as JSON: its own, and `chorus-encoding` for bytes. */
export function tagsOf(
  payload: Payload,
  tags: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  return payload.kind === "binary" ? { ...tags, [encodingTag]: "base64" } : tags;
}

/** Bytes from outside: JSON where they are one JSON text in UTF-8, else bytes. Null where the JSON has too many levels. */
export function payloadOfBytes(bytes: Uint8Array): Payload | null {
  const text = textOf(bytes);
  if (text === null) return { kind: "binary", bytes };
  if (isDeeperThan(text, jsonLevelsMax)) return null;
  return isJson(text) ? { kind: "json", json: text } : { kind: "binary", bytes };
}

/** The payload where bytes can travel: JSON as its text, bytes as they are. */
export function payloadToBytes(payload: Payload): Uint8Array {
  return payload.kind === "binary" ? payload.bytes : Buffer.from(payloadToJson(payload));
}

/** A byte order mark is not JSON, and stays: what is not JSON is forwarded as the bytes that it is. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text that bytes are; null where they are not UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
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

/** How many bytes the payload counts for in limits and metrics; for strings, UTF-16 units, which is what is kept. */
export function payloadSize(payload: Payload): number {
  switch (payload.kind) {
    case "json":
      return payload.json.length;
    case "text":
      return payload.text.length;
    case "binary":
      return payload.bytes.byteLength;
  }
}

/** Bytes over this size go to plain clients alone and are never kept: a Centrifuge client's frame could not hold them. */
export const sharedBytesMax = 65_536;

/** Whether bytes are too many to be sent as base64. */
export function isTooLargeToShare(payload: Payload): boolean {
  return payload.kind === "binary" && payload.bytes.byteLength > sharedBytesMax;
}
