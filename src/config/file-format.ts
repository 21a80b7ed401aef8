import { type ParseError, parse, printParseErrorCode, stripComments } from "jsonc-parser";
import type { Result } from "../core/result.ts";

/** What the text of a file holds, or where it is not what its name says. A fault never repeats the text, which may hold a secret. */
type FormatResult = Result<unknown, string>;

/** Reads the text of a configuration file in the format of its name: YAML, TOML, else JSON, with comments. */
export function readFormat(path: string, text: string): FormatResult {
  // Editors of Windows begin a file with a byte order mark, and some write UTF-16, which was not decoded here.
  const content = text.replace(/^\ufeff/, "");
  if (/^\ufffd|\0/.test(content)) return { ok: false, error: "not UTF-8: save the file in this encoding" };
  if (/\.ya?ml$/i.test(path)) return readLines("YAML", content, (part) => Bun.YAML.parse(part) ?? {});
  if (/\.toml$/i.test(path)) return readLines("TOML", content, (part) => Bun.TOML.parse(part));
  return readJson(content);
}

function readJson(text: string): FormatResult {
  try {
    return { ok: true, value: JSON.parse(stripComments(text, " ")) };
  } catch {
    return { ok: false, error: jsonFault(text) };
  }
}

/** The runtime's own error names no place and repeats what it read, so that another parser finds the place. */
function jsonFault(text: string): string {
  const errors: ParseError[] = [];
  parse(text, errors);
  const [first] = errors;
  if (first === undefined) return "not valid JSON";
  const read = text.slice(0, first.offset);
  const before = read.split("\n");
  // By far the most common mistake.
  const isCommaTooMany = /,\s*$/.test(read) && /^[}\],]/.test(text.slice(first.offset));
  const words = isCommaTooMany
    ? "a comma too many"
    : printParseErrorCode(first.error)
        .replace(/(?!^)([A-Z])/g, " $1")
        .toLowerCase();
  return `not valid JSON: ${words} at line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}

/** Reads with a parser of the runtime, whose errors name no line: it is the first from which on no more lines make the text whole. */
function readLines(format: string, text: string, read: (text: string) => unknown): FormatResult {
  const attempt = (part: string): FormatResult => {
    try {
      return { ok: true, value: read(part) };
    } catch (error) {
      const words = error instanceof Error ? error.message : "";
      // The text in quotation marks may be a value.
      const fault = words.replace(/^.*?error: /i, "").replace(/:?\s*(["'`]).{2,}?\1/g, "");
      return { ok: false, error: fault.toLowerCase() };
    }
  };
  const whole = attempt(text);
  if (whole.ok) return whole;
  const lines = text.split("\n");
  let line = lines.length;
  while (line > 1 && !attempt(lines.slice(0, line - 1).join("\n")).ok) line -= 1;
  return { ok: false, error: `not valid ${format}: ${whole.error} at line ${line}` };
}
