import { type Broken, Simulation } from "./simulation.ts";
import type { Step } from "./steps.ts";

/** What a run of the seed violates. */
export function violationsOf(seed: number, steps: readonly Step[], broken?: Broken): readonly string[] {
  return new Simulation(seed, broken).play(steps).violations;
}

/** The least of the steps that still fail: each that is not needed is left out. */
export function shrink(seed: number, steps: readonly Step[], broken?: Broken): readonly Step[] {
  let least = [...steps];
  for (let index = least.length - 1; index >= 0; index--) {
    const fewer = least.toSpliced(index, 1);
    if (violationsOf(seed, fewer, broken).length > 0) least = fewer;
  }
  return least;
}
