import { describe, expect, test } from "bun:test";
import { missing } from "../../src/web/page/chat/missing.ts";
import { splitSender, withSender } from "../../src/web/page/chat/sender.ts";
import { createSentLately } from "../../src/web/page/chat/sent.ts";

describe("the sender of a file", () => {
  test.each([
    ["Ann", "report.pdf", "Ann/report.pdf"],
    ["Ann/Ben", "a.txt", "Ann Ben/a.txt"],
    ["  Ann ", "<b>x</b>.txt", "Ann/<b>x</b>.txt"],
    ["", "a.txt", "a.txt"],
    ["x".repeat(80), "a.txt", `${"x".repeat(60)}/a.txt`],
  ])("%j before %j is %j, and is read again", (sender, name, written) => {
    expect(withSender(sender, name)).toBe(written);
    expect(splitSender(written).name).toBe(name);
  });

  test.each(["a.txt", "../a.txt", "./a.txt", " /a.txt", "/a.txt", "a/", ""])("%j names none", (name) => {
    expect(splitSender(name)).toEqual({ sender: "", name });
  });
});

describe("the history of a channel beside the log", () => {
  const kept = (...texts: string[]) => texts.map((data) => ({ data }));

  test.each([
    [[], ["a", "b"], ["a", "b"]],
    [["a", "b"], ["a", "b"], []],
    [["a", "b"], ["a", "b", "c"], ["c"]],
    [["a", "b", "c"], ["b", "c", "d"], ["d"]],
    [["x", "a", "a"], ["a", "a", "a"], ["a"]],
    [["x"], ["a", "b"], []],
    [["a"], [], []],
  ])("after %j, of %j it adds %j", (said, history, added) => {
    expect(missing(said, kept(...history))).toEqual(kept(...added));
  });

  test("bytes are compared by their size and beginning", () => {
    const bytes = { data: btoa("abc"), tags: { "chorus-encoding": "base64" } };
    expect(missing(["3 bytes: 97 98 99"], [bytes, ...kept("b")])).toEqual(kept("b"));
    expect(missing(["3 bytes: 97 98 98"], [bytes])).toEqual([]);
    const broken = { ...bytes, data: "***" };
    expect(missing(["***"], [broken, ...kept("b")])).toEqual(kept("b"));
  });
});

describe("what was sent lately", () => {
  /** Sends frames of ten bytes at the given times, and closes; the times of those that are marked as not sent. */
  function marked(times: readonly number[], close: { code: number; unsent?: number; at: number }): number[] {
    let now = 0;
    const found: number[] = [];
    const sent = createSentLately(() => now);
    for (const time of times) {
      now = time;
      sent.add({ bytes: 10, notSent: () => found.push(time) });
    }
    now = close.at;
    sent.closed(close.code, close.unsent ?? 0);
    return found.sort((one, other) => one - other);
  }

  test.each([3507, 3501, 3013, 1009])("is not sent where the connection ends with %d soon", (code) => {
    expect(marked([1, 2], { code, at: 500 })).toEqual([1, 2]);
    expect(marked([1, 20_000], { code, at: 20_500 })).toEqual([20_000]);
  });

  test.each([1000, 1006, 3001, 3008, 3503])("is taken for sent where it ends with %d", (code) => {
    expect(marked([1, 2], { code, at: 500 })).toEqual([]);
  });

  test("is not sent as far as its bytes never left the browser", () => {
    expect(marked([1, 2, 3], { code: 1006, unsent: 15, at: 500 })).toEqual([2, 3]);
  });
});
