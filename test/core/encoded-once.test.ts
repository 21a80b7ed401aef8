import { expect, test } from "bun:test";
import { encodedOnce } from "../../src/core/encoded-once.ts";

test("an object is encoded once, and another one for itself, also where nothing comes of it", () => {
  let times = 0;
  const encode = encodedOnce(({ value }: { value: number | undefined }) => {
    times += 1;
    return value;
  });
  const [first, second, none] = [{ value: 1 }, { value: 1 }, { value: undefined }];
  expect([encode(first), encode(first), encode(second), encode(none), encode(none)]).toEqual([
    1,
    1,
    1,
    undefined,
    undefined,
  ]);
  expect(times).toBe(3);
});
