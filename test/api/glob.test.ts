import { expect, test } from "bun:test";
import { globPattern } from "../../src/operations/glob.ts";

/** Pattern, name, and whether they match: the cases of gobwas/glob, which Centrifugo uses, without separators. */
const cases: readonly (readonly [pattern: string, name: string, matches: boolean])[] = [
  ["abc", "abc", true],
  ["abc", "abcd", false],
  ["*", "", true],
  ["**is**a***test*", "this is a test", true],
  ["* ?at * eyes", "my cat has very bright eyes", true],
  ["*ä", "åä", true],
  ["?", "é", true],
  ["?", "😀", true],
  ["a?c", "ac", false],
  ["?*?", "ac", true],
  ["a.*", "axb", false],
  ["*", "a:b/c.d\n", true],
  ["[ab]", "b", true],
  ["[ab]", "c", false],
  ["[!a]*", "this", true],
  ["[!a]*", "a", false],
  ["[a-c]", "b", true],
  ["[!a-c]", "b", false],
  ["[-a]", "-", true],
  ["[a^]", "^", true],
  ["[!!]", "!", false],
  ["[a\\]]", "]", true],
  ["{a,b}", "b", true],
  ["{a,{b,c}d}", "cd", true],
  ["{a,ab}{bc,f}", "abc", true],
  ["*//{,*.}example.com", "http://example.com", true],
  ["*//{,*.}example.com", "http://example.com.net", false],
  ["{abc*[a-c]def,abc?[d-g]def,abc[zte]?def}", "abczqdef", true],
  ["{a,b", "b", true],
  ["a,b}", "a,b}", true],
  ["a]", "a]", true],
  ["\\*", "*", true],
  ["\\*", "x", false],
  ["\\{a,b\\}", "{a,b}", true],
  ["a\\", "a", true],
  ["a+(b)", "a+(b)", true],
];

test("a glob matches as in Centrifugo", () => {
  for (const [pattern, name, matches] of cases) {
    expect([pattern, name, globPattern(pattern)?.(name)]).toEqual([pattern, name, matches]);
  }
});

test("a glob with a class that is open, empty, reversed or two things at once cannot be read", () => {
  for (const pattern of ["[", "a[", "[]", "[!]", "[a", "[a-", "[a-]", "[b-a]", "[a-z0-9]", "[a\\", "{[}", "?\ud800"]) {
    expect([pattern, globPattern(pattern)]).toEqual([pattern, null]);
  }
});
