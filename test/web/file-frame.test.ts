import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { contentBytesMax, frameBytesMax, readFileFrame, writeFileFrame } from "../../src/web/page/chat/file-frame.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

const names = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.constantFrom("", "a", "\u202egpj.exe", "\ufeffbom"),
);

test("[WP10] a file comes out of its frame as it went in", () => {
  fc.assert(
    fc.property(names, fc.uint8Array({ maxLength: 2000 }), (name, content) => {
      const bytes = new Uint8Array(content);
      expect(readFileFrame(writeFileFrame({ name, bytes }).buffer)).toEqual({ name, bytes });
    }),
  );
});

test("[WP10] the frame is the length of the name (u16, little-endian), the name in UTF-8, the bytes", () => {
  const frame = writeFileFrame({ name: "ü.txt", bytes: new Uint8Array([7, 8]) });
  expect([...frame]).toEqual([6, 0, 0xc3, 0xbc, 0x2e, 0x74, 0x78, 0x74, 7, 8]);
  expect([...writeFileFrame({ name: "x".repeat(0x0102), bytes: new Uint8Array() }).subarray(0, 2)]).toEqual([2, 1]);
});

test.each<[string, number[]]>([
  ["nothing", []],
  ["half a length", [1]],
  ["a length beyond the end", [4, 0, 97, 98]],
  ["the largest length", [0xff, 0xff, 97]],
  ["a name that is not UTF-8", [2, 0, 0xc3, 0x28, 1]],
  ["a name that is cut inside a character", [1, 0, 0xc3]],
])("a binary frame with %s is no file", (_, bytes) => {
  expect(readFileFrame(new Uint8Array(bytes).buffer)).toBeNull();
});

test("a name that its length field cannot tell is cut at the end of a character", () => {
  const file = readFileFrame(writeFileFrame({ name: "€".repeat(40_000), bytes: new Uint8Array([1]) }).buffer);
  expect(file).toEqual({ name: "€".repeat(21_845), bytes: new Uint8Array([1]) });
  const shifted = readFileFrame(writeFileFrame({ name: `a${"€".repeat(40_000)}`, bytes: new Uint8Array() }).buffer);
  expect(shifted?.name).toBe(`a${"€".repeat(21_844)}`);
});

test("the largest content fills the largest frame to the byte", () => {
  const name = "ü.bin";
  const frame = writeFileFrame({ name, bytes: new Uint8Array(contentBytesMax(name)) });
  expect(frame.byteLength).toBe(frameBytesMax);
});
