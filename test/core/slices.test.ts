import { expect, test } from "bun:test";
import { Slices } from "../../src/core/slices.ts";
import { milliseconds } from "../../src/core/time.ts";

/** Slices over a clock that each look at it moves by a millisecond, and the turns that they waited for. */
function slicesByLooks() {
  let now = 0;
  let turns = 0;
  const clock = { monotonic: () => milliseconds(now++) };
  const nextTurn = (run: () => void) => {
    turns += 1;
    queueMicrotask(run);
  };
  return { slices: new Slices(clock, nextTurn), turns: () => turns };
}

test("work of more than 5 ms goes on in the next turn, every item once and in order", async () => {
  const { slices, turns } = slicesByLooks();
  const done: number[] = [];
  const items = Array.from({ length: 23 }, (_, index) => index);
  const work = slices.each(items, (item) => done.push(item) > 0);
  expect(done).toEqual([0, 1, 2, 3, 4]);
  await work;
  expect(done).toEqual(items);
  expect(turns()).toBe(4);
});

test("a mebibyte ends a slice as 5 ms do", async () => {
  const { slices, turns } = slicesByLooks();
  const done: number[] = [];
  await slices.each([1, 2, 3, 4, 5, 6], (item) => done.push(item) > 0, 524_288);
  expect([done.length, turns()]).toEqual([6, 3]);
});

test("work that fits in one slice is done at once, and a step that says so is the last", () => {
  const { slices, turns } = slicesByLooks();
  const done: string[] = [];
  expect(slices.each("abcdef", (item) => done.push(item) < 3)).toBeUndefined();
  expect([done, turns()]).toEqual([["a", "b", "c"], 0]);
});

test("what a later step throws is what the work is refused with", async () => {
  const { slices } = slicesByLooks();
  const failing = slices.each(Array.from({ length: 9 }).keys(), (index) => {
    if (index === 8) throw new Error("the ninth");
    return true;
  });
  await expect(failing).rejects.toThrow("the ninth");
});
