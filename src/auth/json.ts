import { bytesOfBase64 } from "../core/base64.ts";
import { payloadToJson } from "../core/payload.ts";

/** A reviver that also gets the source text of a primitive (ECMAScript 2026), which the type library does not know yet. */
type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

const sourceJson = JSON as unknown as {
  parse(text: string, reviver: SourceReviver): unknown;
  /** An object that JSON.stringify writes as the given text. */
  rawJSON(text: string): object;
};

/**
 * Parses JSON so that writing it again loses nothing: a number that JavaScript would write in another way (a 64-bit id,
 * 1.0, 1e400) keeps its text. The result is for `JSON.stringify` alone. Throws where JSON.parse does, and a RangeError
 * for nesting over some thousand levels.
 */
export function parseForWriting(text: string): unknown {
  return sourceJson.parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined && JSON.stringify(value) !== source
      ? sourceJson.rawJSON(source)
      : value,
  );
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The JSON text in a `b64info` or `b64data`, without insignificant white space; bytes that are not JSON are their base64
 * as a string, as everywhere. Undefined where it is no base64.
 */
export function jsonOfBase64(base64: string): string | undefined {
  const bytes = bytesOfBase64(base64);
  if (bytes === null) return undefined;
  try {
    return JSON.stringify(parseForWriting(utf8.decode(bytes)));
  } catch {
    return payloadToJson({ kind: "binary", bytes });
  }
}
