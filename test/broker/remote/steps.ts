import { SeededRandom } from "../../support/random.ts";

const kinds = [
  "publish",
  "publish",
  "publish",
  "publish unkept",
  "join",
  "join",
  "leave",
  "steps",
  "steps",
  "steps",
  "cut messages",
  "cut commands",
  "snapshot",
  "restore",
  "flush all",
  "trim",
  "sweep",
] as const;

/** One thing that happens, to one node and one channel. */
export interface Step {
  readonly kind: (typeof kinds)[number];
  readonly node: number;
  readonly channel: number;
}

export const channels = ["a", "b"];

/** The steps of a seed. */
export function stepsOf(seed: number, count = 40): Step[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => ({
    kind: random.pick(kinds),
    node: random.int(2),
    channel: random.int(channels.length),
  }));
}
