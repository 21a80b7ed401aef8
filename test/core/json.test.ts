import { expect, test } from "bun:test";
import fc from "fast-check";
import { findMember, isDeeperThan, skipSpace } from "../../src/core/json.ts";

/** The text of a JSON value, written in one of the many ways in which it can be. */
const space = fc.constantFrom("", "", " ", "\t", "\r", "\n", " \n\t ");

/** A character of a string as itself or as an escape. */
function written(text: string, escaped: boolean): string {
  const plain = JSON.stringify(text).slice(1, -1);
  return escaped ? text.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`) : plain;
}

const name = fc.tuple(fc.constantFrom("a", "b", "data", "__proto__", "", '"', "\\", "x\\"), fc.boolean());
const scalar = fc.oneof(
  fc.constantFrom(
    "null",
    "true",
    "false",
    "0",
    "-1.50",
    "1e400",
    "-0",
    "12345678901234567890",
    '"\\ud800"',
    '"\\u0000"',
  ),
  fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
  fc.constantFrom('"{"', '"]}"', '"\\""', '"\\\\"', '"\\\\\\""', '","', '":"'),
);

const { value } = fc.letrec<{ value: string; object: string; list: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, scalar, tie("object"), tie("list")),
  list: fc
    .tuple(fc.array(tie("value"), { maxLength: 4 }), space)
    .map(([items, gap]) => `[${gap}${items.join(`${gap},`)}${gap}]`),
  object: fc
    .array(fc.tuple(name, space, tie("value"), space), { maxLength: 5 })
    .map((members) =>
      members.map(
        ([[key, escaped], before, text, after]) =>
          `${before}"${written(key, escaped)}"${after}:${before}${text}${after}`,
      ),
    )
    .map((members) => `{${members.join(",")}}`),
}));

test("the member that is found is the one that was parsed, and its text means the same", () => {
  const objects = fc.tuple(
    value.filter((text) => text.startsWith("{")),
    space,
  );
  fc.assert(
    fc.property(objects, fc.constantFrom("a", "b", "data", "__proto__", "", '"', "\\"), ([text, before], wanted) => {
      const json = before + text;
      const parsed: Record<string, unknown> = JSON.parse(json);
      const found = findMember(json, skipSpace(json, 0), wanted);
      expect(found !== null).toBe(Object.hasOwn(parsed, wanted));
      if (found !== null) {
        const raw = json.slice(found.start, found.end);
        expect(raw).toBe(raw.trim());
        const again: unknown = JSON.parse(raw);
        // Read through a descriptor, as a member named __proto__ is one like any other here.
        expect(again).toEqual(Object.getOwnPropertyDescriptor(parsed, wanted)?.value);
      }
    }),
    { numRuns: 3_000 },
  );
});

test("a text is deeper than a number of levels where it is, wherever its brackets stand", () => {
  const depthOf = (parsed: unknown): number =>
    typeof parsed === "object" && parsed !== null
      ? 1 +
        Math.max(
          0,
          ...Object.getOwnPropertyNames(parsed)
            .filter((key) => key !== "length")
            .map((key) => depthOf(Object.getOwnPropertyDescriptor(parsed, key)?.value)),
        )
      : 0;
  // The texts are made long enough to be looked at, by what no level is in.
  const padded = value.map((text) => text + " ".repeat(20));
  fc.assert(
    fc.property(padded, fc.integer({ min: 0, max: 6 }), (json, levels) => {
      // Equal keys hide a level from the parser, but not from the scan, which may only be stricter.
      if (depthOf(JSON.parse(json)) > levels) {
        expect(isDeeperThan(json, levels)).toBe(true);
      }
    }),
    { numRuns: 3_000 },
  );
});

test("the scan of levels ends in time that grows with the text, also in strings that are not closed", () => {
  for (const text of ['"', "\\", '\\"', '"\\', '["', "{}"]) {
    const long = text.repeat(200_000);
    expect(isDeeperThan(`{"a":"${long}`, 400_000)).toBe(false);
  }
});
