import { describe } from "bun:test";
import { opcodes } from "../support/frames.ts";
import { sharedServer } from "../support/shared-server.ts";
import { binary, type Case, failsWith, fragments, hex, serves, testCases, text } from "./rfc6455-cases.ts";

const server = sharedServer();
const url = () => server().ws;

/** RFC 3629 3 and 4: the first and last character of each length, and those that are valid although unusual. */
const valid: readonly [name: string, digits: string][] = [
  ["U+0000", "00"],
  ["U+007F", "7f"],
  ["U+0080", "c280"],
  ["U+07FF", "dfbf"],
  ["U+0800", "e0a080"],
  ["U+D7FF, the last before the surrogates", "ed9fbf"],
  ["U+E000, the first after the surrogates", "ee8080"],
  ["U+FFFD", "efbfbd"],
  ["U+FFFE, a noncharacter", "efbfbe"],
  ["U+FFFF, a noncharacter", "efbfbf"],
  ["U+10000", "f0908080"],
  ["U+10FFFF", "f48fbfbf"],
  ["a byte order mark, which stays", "efbbbf 61"],
  ["five Greek letters", "ceba e1bdb9 cf83 cebc ceb5"],
  ["an emoji of several characters", "f09f91a9 e2808d f09f92bb"],
];

const invalid: readonly [name: string, digits: string][] = [
  ["a continuation byte alone", "61 80"],
  ["the highest continuation byte alone", "bf"],
  ["one continuation byte too many", "c280 80"],
  ["NUL in two bytes", "c080"],
  ["U+007F in two bytes", "c1bf"],
  ["U+07FF in three bytes", "e09fbf"],
  ["NUL in three bytes", "e08080"],
  ["U+FFFF in four bytes", "f08fbfbf"],
  ["NUL in four bytes", "f0808080"],
  ["a form of five bytes", "f888808080"],
  ["a form of six bytes", "fc8480808080"],
  ["U+D800, the first surrogate", "eda080"],
  ["U+DFFF, the last surrogate", "edbfbf"],
  ["a pair of surrogates", "eda080 edb080"],
  ["U+110000", "f4908080"],
  ["the byte F5", "f5808080"],
  ["the byte FE", "fe"],
  ["the byte FF", "61 ff"],
  ["one of two bytes at the end", "61 c2"],
  ["two of three bytes at the end", "61 e282"],
  ["three of four bytes at the end", "61 f09f98"],
  ["a character cut short by a letter", "e282 61"],
  ["a character cut short by another", "c3c3 a9"],
  ["a surrogate after and before good text", "cebae1bdb9cf83cebcceb5 eda080 656469746564"],
];

const letters = Buffer.alloc(1_000, "a");

describe("text is UTF-8 (5.6, 8.1)", () => {
  testCases(
    "WS21",
    url,
    valid.flatMap(([name, digits]): Case[] => {
      const bytes = hex(digits);
      const whole = serves([bytes.toString()]);
      return [
        [`${name} arrives`, [text(bytes)], whole],
        [
          `${name} arrives after a long text`,
          [text(Buffer.concat([letters, bytes]))],
          serves([letters + bytes.toString()]),
        ],
        [`${name} arrives, one byte a fragment`, oneByOne(bytes), whole],
      ];
    }),
  );

  testCases(
    "WS22",
    url,
    invalid.flatMap(([name, digits]): Case[] => {
      const bytes = hex(digits);
      return [
        [`${name} fails with 1007`, [text("ok"), text(bytes)], failsWith(1007, ["ok"])],
        [`${name} after a long text fails with 1007`, [text(Buffer.concat([letters, bytes]))], failsWith(1007)],
        [`${name}, one byte a fragment, fails with 1007`, oneByOne(bytes), failsWith(1007)],
      ];
    }),
  );

  testCases(
    "WS23",
    url,
    invalid.map(([name, digits]): Case => [`${name} arrives as binary`, [binary(hex(digits))], serves([hex(digits)])]),
  );
});

function oneByOne(bytes: Uint8Array): Buffer[] {
  return fragments(
    opcodes.text,
    [...bytes].map((byte) => Buffer.of(byte)),
  );
}
