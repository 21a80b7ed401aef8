import { expect, setDefaultTimeout, test } from "bun:test";
import { SeededRandom } from "../support/random.ts";
import { killNine } from "./kill9.ts";

setDefaultTimeout(300_000);

test("[SU110] [F01] of a server that is killed while sixteen publish nothing acknowledged is lost, and its clients have all of it once", async () => {
  const { acknowledged, kept } = await killNine(3, new SeededRandom(), () => {});
  expect(acknowledged).toBeGreaterThan(0);
  expect(kept).toBeGreaterThanOrEqual(acknowledged);
});
