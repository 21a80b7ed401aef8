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

/** Standard base64 with padding, as Go's encoder writes it; line breaks are allowed, as they are there. */
const base64Form = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The JSON text in a `b64info` or `b64data`, without insignificant white space; undefined where there is none. */
export function jsonOfBase64(base64: string): string | undefined {
  const joined = base64.replace(/[\r\n]/g, "");
  if (!base64Form.test(joined)) return undefined;
  try {
    return JSON.stringify(parseForWriting(utf8.decode(Buffer.from(joined, "base64"))));
  } catch {
    return undefined;
  }
}
