/**
 * Compiles a pattern of the configuration, written for Go's regexp as Centrifugo's users have it: named groups
 * (`(?P<name>...)`), flags at the start (`(?i)`), needless escapes. It matches anywhere unless it is anchored. Throws
 * a SyntaxError where the pattern is wrong or would not mean the same here: the strict mode of JavaScript refuses what
 * Go alone knows (`\A`, `[[:alpha:]]`, `\Q`).
 */
export function compilePattern(pattern: string): RegExp {
  const [prefix = "", flags = ""] = /^\(\?([ims]+)\)/.exec(pattern) ?? [];
  const body = pattern.slice(prefix.length).replaceAll("(?P<", "(?<");
  return new RegExp(body.replace(/\\([\s\S])/g, translateEscape), `u${flags}`);
}

/** Go allows an escape before any punctuation, strict JavaScript only where it is needed. */
function translateEscape(pair: string, character: string): string {
  const isPunctuation = /^[!-/:-@[-`{-~ ]$/.test(character);
  return isPunctuation ? `\\x${character.charCodeAt(0).toString(16)}` : pair;
}
