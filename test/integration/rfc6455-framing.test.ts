import { describe } from "bun:test";
import { clientFrame } from "../support/frames.ts";
import { sharedServer } from "../support/shared-server.ts";
import { binary, type Case, close, failsWith, first, last, ping, serves, testCases, text } from "./rfc6455-cases.ts";

const server = sharedServer();
const url = () => server().ws;

describe("masking (5.1, 5.3)", () => {
  const unmasked = { mask: null };
  testCases("WS6", url, [
    ["an unmasked text fails with 1002", [text("hi", unmasked)], failsWith(1002)],
    ["an unmasked empty text fails with 1002", [text("", unmasked)], failsWith(1002)],
    ["an unmasked binary fails with 1002", [binary("hi", unmasked)], failsWith(1002)],
    ["an unmasked ping fails with 1002", [ping("hi", unmasked)], failsWith(1002)],
    ["an unmasked close fails with 1002", [close(1000, "", unmasked)], failsWith(1002)],
    ["an unmasked later fragment fails with 1002", [first("a"), last("b", unmasked)], failsWith(1002)],
    ["a message before an unmasked one arrives", [text("a"), text("b", unmasked)], failsWith(1002, ["a"])],
    ["a mask of zeros is a mask", [text("hi", { mask: Buffer.alloc(4) })], serves(["hi"])],
    [
      "each frame is read with its own mask",
      [text("abcdefg", { mask: Buffer.of(1, 2, 3, 4) }), text("abcdefg", { mask: Buffer.of(255, 254, 0, 7) })],
      serves(["abcdefg", "abcdefg"]),
    ],
  ]);
});

describe("reserved bits (5.2)", () => {
  const combinations = [1, 2, 3, 4, 5, 6, 7].map((rsv): Case => {
    const bits = rsv.toString(2).padStart(3, "0");
    return [`a text with the reserved bits ${bits} fails with 1002`, [text("hi", { rsv })], failsWith(1002)];
  });
  const elsewhere = [4, 2, 1].flatMap((rsv, index): Case[] => {
    const bit = `RSV${index + 1}`;
    return [
      [`a ping with ${bit} fails with 1002`, [ping("x", { rsv })], failsWith(1002)],
      [`a close with ${bit} fails with 1002`, [close(1000, "", { rsv })], failsWith(1002)],
      [`a first fragment with ${bit} fails with 1002`, [first("a", { rsv }), last("b")], failsWith(1002)],
      [`a later fragment with ${bit} fails with 1002`, [first("a"), last("b", { rsv })], failsWith(1002)],
    ];
  });
  testCases("WS7", url, [...combinations, ...elsewhere]);
});

describe("opcodes (5.2)", () => {
  const reserved = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): Case => {
    const frames = [text("before"), clientFrame(opcode, "x")];
    return [`the reserved opcode ${opcode} fails with 1002`, frames, failsWith(1002, ["before"])];
  });
  testCases("WS8", url, [
    ...reserved,
    ["a reserved control opcode amid fragments fails", [first("a"), clientFrame(11), last("b")], failsWith(1002)],
    ["a reserved data opcode amid fragments fails", [first("a"), clientFrame(3), last("b")], failsWith(1002)],
  ]);
});

describe("lengths (5.2)", () => {
  const edges = [0, 1, 124, 125, 126, 127, 128, 65_535, 65_536].flatMap((length): Case[] => {
    const letters = "a".repeat(length);
    const bytes = Buffer.alloc(length, 7);
    return [
      [`a text of ${length} bytes arrives`, [text(letters)], serves([letters])],
      [`a binary of ${length} bytes arrives`, [binary(bytes)], serves([bytes])],
    ];
  });
  testCases("WS9", url, [
    ...edges,
    ["a binary of 65,537 bytes arrives", [binary(Buffer.alloc(65_537))], serves([Buffer.alloc(65_537)])],
  ]);

  const declared = (length: bigint) => [text("before"), text("x", { lengthBits: 64, declaredLength: length })];
  testCases("WS10", url, [
    ["a length of 2^63, the forbidden top bit, fails with 1009", declared(1n << 63n), failsWith(1009, ["before"])],
    ["a length of 2^64 - 1 fails with 1009", declared((1n << 64n) - 1n), failsWith(1009, ["before"])],
    ["a length of 2^63 - 1 fails with 1009", declared((1n << 63n) - 1n), failsWith(1009, ["before"])],
    ["a length of 2^32 + 1 is not read as 1", declared((1n << 32n) + 1n), failsWith(1009, ["before"])],
    ["a length of 2^53 + 1 fails with 1009", declared((1n << 53n) + 1n), failsWith(1009, ["before"])],
  ]);
});
