import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { quote } from "../../../src/protocol/centrifuge/json/quote.ts";
import { testTimeout } from "../../support/patience.ts";

setDefaultTimeout(testTimeout);

test("a text is quoted as JSON quotes it, whatever is in it", () => {
  const units = Array.from({ length: 0x1_0000 }, (_, unit) => String.fromCharCode(unit));
  expect(units.filter((unit) => quote(unit) !== JSON.stringify(unit))).toEqual([]);
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => quote(text) === JSON.stringify(text)));
});
