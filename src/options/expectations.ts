import type * as v from "valibot";

/** A longer text is cut in an error: it would fill the terminal. */
const shownMax = 64;

/** How a value of the wrong kind is named; a list or an object may hold secrets, and is never written out. */
function shown(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > shownMax ? `${value.slice(0, shownMax)}…` : value);
  }
  return typeof value === "number" || typeof value === "boolean" ? String(value) : shownKind(value);
}

/** The same for a value that may itself be a secret: its kind alone. */
function shownKind(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Writes an error: what was expected, and what came. */
export function expected(what: string): (issue: v.BaseIssue<unknown>) => string {
  return (issue) => `expected ${what}, got ${shown(issue.input)}`;
}

/** The same where what came must not be repeated. */
export function expectedSecret(what: string): (issue: v.BaseIssue<unknown>) => string {
  return (issue) => `expected ${what}, got ${shownKind(issue.input)}`;
}

/** Names alternatives: `"a", "b" or "c"`. */
export function alternatives(values: readonly string[]): string {
  const quoted = values.map((value) => JSON.stringify(value));
  const last = quoted.pop() ?? "nothing";
  return quoted.length > 0 ? `${quoted.join(", ")} or ${last}` : last;
}

/** Writes a line as one: a name or a value may have anything in it, and a terminal obeys control characters. */
export function oneLine(line: string): string {
  return line.replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
