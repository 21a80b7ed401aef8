import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { formatDuration, parseDuration } from "../../src/options/duration.ts";

describe("durations", () => {
  test.each([
    ["25s", 25_000],
    ["300ms", 300],
    ["1h30m", 5_400_000],
    ["720h0m0s", 2_592_000_000],
    ["1.5h", 5_400_000],
    [".5s", 500],
    ["1.s", 1_000],
    ["0", 0],
    ["0s", 0],
    ["1s1s", 2_000],
    ["1m0.001s", 60_001],
  ])("[CF20] %p is read as Go reads it", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each([
    ["1ns", 1],
    ["999us", 1],
    ["1\u00b5s", 1],
    ["1\u03bcs", 1],
    ["1500us", 2],
  ])("%p is rounded up, so that no time becomes none", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each([
    "",
    "sixty",
    "60",
    "1",
    "s",
    "-5s",
    "+5s",
    "5 s",
    " 5s",
    "5s ",
    "1d",
    "1e3s",
    "5S",
    ".s",
    "1h-5m",
    "9999999999h",
  ])("%p is no duration", (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  test("a time is written so that it is read back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
      }),
    );
    expect(formatDuration(90_000)).toBe("1m30s");
    expect(formatDuration(0)).toBe("0s");
  });
});
