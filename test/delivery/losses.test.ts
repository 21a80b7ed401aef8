import { expect, test } from "bun:test";
import { Losses } from "../../src/delivery/losses.ts";

test("[RD7] subscribers are told of a loss in batches with jitter, all of them, in their order", () => {
  const chances = [0, 0.999, 0.5, 0.5];
  const losses = new Losses({ tickSize: 10 }, { float: () => chances.shift() ?? 0.5 });
  const told: number[] = [];
  for (let n = 0; n < 50; n++) losses.add(() => told.push(n));
  const counts = [told.length];
  while (losses.size > 0) {
    losses.tick();
    counts.push(told.length);
  }
  expect(counts).toEqual([10, 15, 30, 40, 50]);
  expect(told).toEqual(Array.from({ length: 50 }, (_, n) => n));
  losses.tick();
  losses.add(() => told.push(50));
  expect(told).toHaveLength(51);
});
