import { expect, test } from "bun:test";
import { countWords, sizeWords } from "../../src/web/page/words.ts";

test.each<[number, string]>([
  [0, "0 bytes"],
  [1, "1 byte"],
  [1023, "1023 bytes"],
  [1024, "1.0 KiB"],
  [10 * 1024, "10 KiB"],
  [1024 * 1024 - 1, "1.0 MiB"],
  [3_300_000, "3.1 MiB"],
  [16 * 1024 * 1024, "16 MiB"],
  [5 * 1024 ** 4, "5120 GiB"],
])("%d bytes are told as %s", (bytes, words) => {
  expect(sizeWords(bytes)).toBe(words);
});

test("one is not many", () => {
  expect([countWords(1, "message"), countWords(0, "message"), countWords(2, "message")]).toEqual([
    "1 message",
    "0 messages",
    "2 messages",
  ]);
});
