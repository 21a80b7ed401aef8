import { RE2JS } from "re2js";

/** Whether a name matches. */
export type Pattern = (name: string) => boolean;

/** A pattern in which `*` matches anything and every other character itself, in time linear in the name. */
export function starPattern(pattern: string): Pattern {
  const parts = pattern.split("*");
  return (name) => {
    const [first = "", ...rest] = parts;
    if (rest.length === 0) return name === pattern;
    if (!name.startsWith(first)) return false;
    const last = rest.pop() ?? "";
    let at = first.length;
    for (const part of rest) {
      const found = name.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return name.length - last.length >= at && name.endsWith(last);
  };
}

/**
 * A glob over the whole name, as the method `channels` takes it: `*`, `?`, `[abc]`, `[!abc]`, `[a-z]`, `{one,two}`, and
 * `\` before a literal character. The grammar is that of Centrifugo's library (gobwas/glob), with its
 * small print: a class is one range or a list of characters, and a list at the end need not be closed. Null: it cannot
 * be read, because of a class that is open, empty or reversed.
 *
 * It becomes a regular expression of RE2, whose time is linear in the name whatever the pattern is.
 */
export function globPattern(pattern: string): Pattern | null {
  if (!/[?[\]{}\\]/.test(pattern)) return starPattern(pattern.replaceAll(/\*+/g, "*"));
  const source = pattern.isWellFormed() ? new GlobParser(pattern).parse() : null;
  if (source === null) return null;
  const expression = RE2JS.compile(source, RE2JS.DOTALL);
  return (name) => expression.matches(name);
}

/** Translates a glob into a regular expression. */
class GlobParser {
  readonly #characters: readonly string[];
  #at = 0;
  /** How many lists `{...}` are open. */
  #depth = 0;

  constructor(pattern: string) {
    this.#characters = [...pattern];
  }

  parse(): string | null {
    let source = "";
    for (let character = this.#next(); character !== undefined; character = this.#next()) {
      const part = this.#part(character);
      if (part === null) return null;
      source += part;
    }
    return source + ")".repeat(this.#depth);
  }

  #part(character: string): string | null {
    switch (character) {
      case "*":
        return ".*";
      case "?":
        return ".";
      case "[":
        return this.#class();
      case "{":
        this.#depth += 1;
        return "(?:";
      case ",":
        return this.#depth > 0 ? "|" : ",";
      case "}":
        if (this.#depth === 0) return "\\}";
        this.#depth -= 1;
        return ")";
      case "\\":
        // A backslash at the end matches nothing.
        return RE2JS.quote(this.#next() ?? "");
      default:
        return RE2JS.quote(character);
    }
  }

  #class(): string | null {
    let first = this.#next();
    const isNegated = first === "!";
    if (isNegated) first = this.#next();
    if (first === undefined) return null;
    const members = this.#peek() === "-" ? this.#range(first) : this.#list(first);
    return members === null ? null : `[${isNegated ? "^" : ""}${members}]`;
  }

  #range(low: string): string | null {
    this.#next();
    const high = this.#next();
    if (high === undefined || this.#next() !== "]") return null;
    const [from, to] = [low.codePointAt(0) ?? 0, high.codePointAt(0) ?? 0];
    return from <= to ? `${escaped(low)}-${escaped(high)}` : null;
  }

  #list(first: string): string | null {
    let members = "";
    for (let character: string | undefined = first; character !== "]"; character = this.#next()) {
      if (character === undefined) return null;
      const member = character === "\\" ? this.#next() : character;
      if (member === undefined) return null;
      members += escaped(member);
    }
    return members === "" ? null : members;
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #next(): string | undefined {
    const character = this.#characters[this.#at];
    this.#at += 1;
    return character;
  }
}

/** A character inside a class of RE2. */
function escaped(character: string): string {
  return `\\x{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
