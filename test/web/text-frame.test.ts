import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { readTextFrame, writeTextFrame } from "../../src/web/page/chat/text-frame.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

describe("text frames", () => {
  test("what one page writes, another reads", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 500 }), (text) => {
        const frame = writeTextFrame({ name: " Ann ", text });
        expect(frame && readTextFrame(frame)).toEqual({ name: "Ann", text });
      }),
    );
  });

  test.each([
    "hello",
    "",
    "{",
    "null",
    "42",
    '"quoted"',
    "[]",
    "{}",
    '{"text":5}',
    '{"name":5,"text":"x"}',
    '{"name":"x","message":"y"}',
    "\0\u202e<b>",
  ])("any other text is shown as it came: %j", (frame) => {
    expect(readTextFrame(frame)).toEqual({ name: "", text: frame });
  });

  test("a name may be missing, and more fields may be there", () => {
    expect(readTextFrame('{"text":"hi","color":"red","__proto__":{"name":"x"}}')).toEqual({ name: "", text: "hi" });
  });

  test("a long name is cut at the end of a character", () => {
    expect(readTextFrame(JSON.stringify({ name: "🎉".repeat(100), text: "" })).name).toBe("🎉".repeat(60));
  });

  test("a text that is larger than the server takes is not made into a frame", () => {
    const room = 65_536 - new TextEncoder().encode('{"name":"Ann","text":""}').byteLength;
    expect(writeTextFrame({ name: "Ann", text: "x".repeat(room) })).toHaveLength(65_536);
    expect(writeTextFrame({ name: "Ann", text: "x".repeat(room + 1) })).toBeNull();
    expect(writeTextFrame({ name: "Ann", text: "ü".repeat(room / 2 + 1) })).toBeNull();
  });
});
