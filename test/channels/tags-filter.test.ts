import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { compareDecimals, parseDecimal } from "../../src/channels/decimal.ts";
import { compileTagsFilter, tagsFilterKey } from "../../src/channels/tags-filter.ts";
import type { FilterNode } from "../../src/core/command.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

const node = (fields: Partial<FilterNode>): FilterNode => ({
  op: "",
  key: "",
  cmp: "",
  val: "",
  vals: [],
  nodes: [],
  ...fields,
});

const leaf = (key: string, cmp: string, ...vals: string[]): FilterNode =>
  cmp === "in" || cmp === "nin" ? node({ key, cmp, vals }) : node({ key, cmp, val: vals[0] ?? "" });

const nested = (levels: number): FilterNode =>
  levels === 1 ? leaf("a", "ex") : node({ op: "not", nodes: [nested(levels - 1)] });

describe("tags filters", () => {
  test.each([
    ["an empty filter", node({})],
    ["an unknown op", node({ op: "AND", nodes: [leaf("a", "ex")] })],
    ["an unknown comparison", leaf("a", "EQ", "1")],
    ["a leaf without a key", leaf("", "eq", "1")],
    ["a comparison without its value", leaf("a", "eq")],
    ["an existence with a value", leaf("a", "ex", "1")],
    ["a list beside a value", node({ key: "a", cmp: "eq", val: "1", vals: ["2"] })],
    ["a membership without a list", leaf("a", "in")],
    ["and without nodes", node({ op: "and" })],
    ["not with two nodes", node({ op: "not", nodes: [leaf("a", "ex"), leaf("b", "ex")] })],
    ["an invalid node inside", node({ op: "or", nodes: [leaf("a", "ex"), leaf("a", "eq")] })],
    ["65 levels", nested(65)],
    ["513 nodes", node({ op: "or", nodes: Array.from({ length: 512 }, () => leaf("a", "ex")) })],
  ])("[CH70] %s is not valid", (_, filter) => {
    expect(compileTagsFilter(filter)).toBeNull();
  });

  test("64 levels and 512 nodes are valid", () => {
    expect(compileTagsFilter(nested(64))).not.toBeNull();
    expect(
      compileTagsFilter(node({ op: "or", nodes: Array.from({ length: 511 }, () => leaf("a", "ex")) })),
    ).not.toBeNull();
  });

  test.each<[string, FilterNode, Record<string, string>, boolean]>([
    ["eq", leaf("a", "eq", "1"), { a: "1" }, true],
    ["eq of a missing tag", leaf("a", "eq", "1"), {}, false],
    ["neq of a missing tag", leaf("a", "neq", "1"), {}, true],
    ["in with an empty text of a missing tag", leaf("a", "in", "", "b"), {}, true],
    ["nin of a missing tag", leaf("a", "nin", "b"), {}, true],
    ["ex of an empty tag", leaf("a", "ex"), { a: "" }, true],
    ["ex of a name that every object has", leaf("constructor", "ex"), {}, false],
    ["sw", leaf("a", "sw", "x"), { a: "xy" }, true],
    ["ct", leaf("a", "ct", "y"), { a: "xyz" }, true],
    ["gt beyond doubles", leaf("a", "gt", "9007199254740993.0"), { a: "9007199254740993.00000000000000001" }, true],
    ["lt of text that is no number", leaf("a", "lt", "5"), { a: "1e0" }, false],
    ["not of a comparison that does not apply", node({ op: "not", nodes: [leaf("a", "lt", "5")] }), { a: "x" }, true],
    ["a value that is no number", leaf("a", "lte", ".5"), { a: "0" }, false],
  ])("[CH71] %s", (_, filter, tags, expected) => {
    expect(compileTagsFilter(filter)?.(tags)).toBe(expected);
  });

  const parsed = (text: string) => {
    const decimal = parseDecimal(text);
    if (decimal === null) throw new Error(text);
    return decimal;
  };

  test("decimals compare as numbers do, with any sign, zeros and length", () => {
    const decimal = fc.tuple(
      fc.constantFrom("", "+", "-"),
      fc.bigInt({ min: 0n, max: 10n ** 12n }),
      fc.nat(999),
      fc.nat(3),
    );
    fc.assert(
      fc.property(decimal, decimal, (...pair) => {
        const [a, b] = pair.map(([sign, whole, fraction, zeros]) => {
          const text = `${sign}${"0".repeat(zeros)}${whole}.${String(fraction).padStart(3, "0")}${"0".repeat(zeros)}`;
          const value = (whole * 1000n + BigInt(fraction)) * (sign === "-" ? -1n : 1n);
          return { text, value };
        }) as [{ text: string; value: bigint }, { text: string; value: bigint }];
        const expected = a.value < b.value ? -1 : Number(a.value > b.value);
        expect(Math.sign(compareDecimals(parsed(a.text), parsed(b.text)))).toBe(expected);
      }),
    );
  });

  test("filters that mean the same have one key", () => {
    expect(tagsFilterKey({ ...leaf("a", "eq", "1"), nodes: [leaf("b", "ex")] })).toBe(
      tagsFilterKey(leaf("a", "eq", "1")),
    );
    expect(tagsFilterKey(leaf("a", "in", "1", "2"))).not.toBe(tagsFilterKey(leaf("a", "in", "1,2")));
  });
});
