import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";

/** What a text holds as JSON, or where it stops to be JSON. */
type JsonResult = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly fault: string };

/** Reads JSON. A fault tells the place and never repeats the text, which may hold a secret. */
export function readJson(text: string): JsonResult {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, fault: faultOf(text) };
  }
}

/** The runtime's own error names no place and repeats what it read, so that another parser is asked. */
function faultOf(text: string): string {
  const errors: ParseError[] = [];
  parse(text, errors, { disallowComments: true });
  const [first] = errors;
  if (first === undefined) return "not valid JSON";
  const before = text.slice(0, first.offset).split("\n");
  const words = printParseErrorCode(first.error)
    .replace(/(?!^)([A-Z])/g, " $1")
    .toLowerCase();
  return `not valid JSON: ${words} at line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}
