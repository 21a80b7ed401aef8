import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { testTimeout } from "../../support/patience.ts";
import { SeededRandom } from "../../support/random.ts";
import { type Mutation, mutant } from "./mutant.ts";
import { shrink, violationsOf } from "./runs.ts";
import type { Broken } from "./simulation.ts";
import { stepsOf } from "./steps.ts";

setDefaultTimeout(testTimeout);

/** The first of so many seeds that fails, and the least steps that still do. */
function firstFailure(from: number, count: number, broken?: Broken) {
  for (let seed = from; seed < from + count; seed++) {
    const steps = stepsOf(seed);
    const violations = violationsOf(seed, steps, broken);
    if (violations.length === 0) continue;
    const least = shrink(seed, steps, broken);
    return { seed, violations, steps: least.map(({ kind, node, channel }) => `${kind}/${node}/${channel}`) };
  }
  return null;
}

describe("two nodes on one engine", () => {
  test("[RB1] whatever fails, nothing acknowledged is lost in silence, and all comes to rest at the engine's top", () => {
    const from = new SeededRandom().int(1_000_000_000);
    expect(firstFailure(from, 3_000)).toBeNull();
  });

  test.each([
    [758, "a comparison that was cut is asked for again"],
    [1_319, "the comparison is asked for again, though something that is not kept was heard meanwhile"],
    [22_176, "a read that failed is not repeated while another is on its way"],
    [88_475, "one read of a channel at a time"],
  ])("seed %d: %s", (seed) => {
    expect(violationsOf(seed, stepsOf(seed))).toEqual([]);
  });
});

describe("the simulation finds", () => {
  const mutations: readonly (readonly [string, Mutation])[] = [
    [
      "gaps that are passed over",
      { file: "feed.ts", find: "isSame && offset === ring.top + 1", replace: "isSame && offset > ring.top" },
    ],
    [
      "messages of another epoch that are taken for the next",
      { file: "feed.ts", find: "const isSame = epoch === ring.epoch;", replace: "const isSame = true;" },
    ],
    [
      "a reconnect without a comparison",
      { file: "rooms.ts", find: "if (heard.length > 0) this.#compare(heard);", replace: "" },
    ],
    [
      "what came before its read that is taken for something new",
      { file: "held.ts", find: "(!isSame && isOlder)", replace: "false" },
    ],
  ];

  test.each(mutations)("%s", async (_, mutation) => {
    const broker = await mutant(mutation);
    expect(firstFailure(1, 3_000, { broker })).not.toBeNull();
  });

  test("a server that loses what it has acknowledged, and keeps its epochs", () => {
    expect(firstFailure(1, 3_000, { hasGenerations: false })).not.toBeNull();
  });
});
