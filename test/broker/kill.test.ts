import { expect, test } from "bun:test";
import { testTimeout } from "../support/patience.ts";
import { SeededRandom } from "../support/random.ts";
import { killAgainAndAgain } from "./kill.ts";

test(
  "[BK190] a kill -9 in the middle of publishing loses nothing that was acknowledged, and makes no gap (F01)",
  async () => {
    expect(await killAgainAndAgain(3, new SeededRandom())).toBeGreaterThan(2);
  },
  testTimeout,
);
