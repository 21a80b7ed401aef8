import { expect, test } from "bun:test";
import { matchesEtag } from "../../src/http/etags.ts";

test.each([
  ['"a"', '"a"', true],
  ['W/"a"', '"a"', true],
  ['"a"', 'W/"a"', true],
  ['"x", W/"a" , "b"', 'W/"a"', true],
  ['"x,a","a"', '"a"', true],
  ["*", '"a"', true],
  [" * ", '"a"', true],
  ['"x,a"', '"a"', false],
  ['"b"', '"a"', false],
  ["a", '"a"', false],
  ["", '"a"', false],
  [null, '"a"', false],
])("[WP3] If-None-Match %p names the version %s: %p (RFC 9110 13.1.2)", (header, etag, expected) => {
  expect(matchesEtag(header, etag)).toBe(expected);
});
