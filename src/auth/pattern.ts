import { RE2JS } from "re2js";

/**
 * Compiles a pattern of the configuration. It has the syntax of Go's regexp, as Centrifugo's users have it, and matches
 * anywhere unless it is anchored. Where it chooses a key set it reads unverified claims: RE2 takes time
 * that grows with the text and no faster. Throws an Error where the pattern is wrong.
 */
export function compilePattern(pattern: string): RE2JS {
  return RE2JS.compile(pattern);
}
