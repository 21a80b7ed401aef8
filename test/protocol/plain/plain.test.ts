import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Frame } from "../../../src/core/frame.ts";
import type { Publication } from "../../../src/core/publication.ts";
import { plainEncoding } from "../../../src/protocol/plain/plain.ts";
import { plain } from "../../support/protocols.ts";
import { open } from "../centrifuge/support.ts";

const decode = (frame: Frame) => plain.decode(frame, "defaultChannel").commands.map(open);
const publish = { method: "publish", id: 0, channel: "defaultChannel", isMapped: false } as const;

const frameOf = (data: Publication["data"], tags?: Record<string, string>) =>
  plainEncoding.encodePublication("c", { data, offset: 1, epoch: "abcdefgh", ...(tags === undefined ? {} : { tags }) });

test("every frame is a publish to the connection's own channel", () => {
  const bytes = Uint8Array.of(0, 255, 10);
  for (const text of ["hello", "", '{"id":1}', "\n", "\0"]) {
    expect(decode(text)).toEqual([{ ...publish, data: { kind: "text", text } }]);
  }
  expect(decode(bytes)).toEqual([{ ...publish, data: { kind: "binary", bytes } }]);
});

test("text and bytes arrive as they were sent", () => {
  const bytes = Uint8Array.of(0, 255, 10);
  expect(frameOf({ kind: "text", text: '"x\n' })).toBe('"x\n');
  expect(frameOf({ kind: "binary", bytes })).toBe(bytes);
  expect(plain.encodeMessage({ kind: "text", text: "x" })).toBe("x");
  expect(plain.encodeMessage({ kind: "binary", bytes })).toBe(bytes);
});

test("of JSON a string arrives as its text, anything else as its own characters", () => {
  for (const json of ["null", "-1.50", '{"a":"b"}', '["x"]', "12345678901234567890"]) {
    expect(frameOf({ kind: "json", json })).toBe(json);
  }
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(frameOf({ kind: "json", json: JSON.stringify(text) })).toBe(text);
    }),
  );
  expect(frameOf({ kind: "json", json: ' "x"' })).toBe("x");
  expect(plain.encodeMessage({ kind: "json", json: '"x"' })).toBe("x");
});

test("a base64 string with the tag arrives as the bytes it stands for", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const json = JSON.stringify(Buffer.from(bytes).toString("base64"));
      const frame = frameOf({ kind: "json", json }, { "chorus-encoding": "base64" });
      expect(frame).toEqual(Buffer.from(bytes));
    }),
  );
  expect(frameOf({ kind: "json", json: '"AAE="' }, { "chorus-encoding": "hex" })).toBe("AAE=");
  expect(frameOf({ kind: "json", json: '"AAE="' }, { other: "base64" })).toBe("AAE=");
  expect(frameOf({ kind: "json", json: "[1]" }, { "chorus-encoding": "base64" })).toBe("[1]");
});

test("a plain client is told nothing else", () => {
  expect(plain.encodeReply({ id: 0, method: "publish" })).toBeNull();
  expect(plain.encodePush({ type: "refresh", expiry: { ttl: 1 } })).toBeNull();
  expect(plain.ping).toBeNull();
});
