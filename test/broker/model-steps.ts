import fc from "fast-check";

const channel = fc.constantFrom("a", "b");

/** Which of the positions told so far is asked for, how far beyond it, and whether its epoch is named. */
const position = fc.option(
  fc.record({ told: fc.nat({ max: 30 }), beyond: fc.constantFrom(0, 0, 0, 1, 5), named: fc.boolean() }),
);

const publish = fc.record({
  step: fc.constant("publish" as const),
  channel,
  isKept: fc.constantFrom(true, true, true, true, false),
  key: fc.option(fc.constantFrom("k", "l"), { freq: 4 }),
  version: fc.constantFrom(0, 0, 0, 1, 2, 3),
  versionEpoch: fc.constantFrom("", "", "x", "y"),
});

const join = fc.record({
  step: fc.constant("join" as const),
  channel,
  position,
  isCache: fc.boolean(),
  publicationsMax: fc.constantFrom(1, 3, 100),
});

const history = fc.record({
  step: fc.constant("history" as const),
  channel,
  position,
  limit: fc.constantFrom(-1, 0, 1, 3),
  reverse: fc.boolean(),
});

/** Times around those after which something is over. */
const ms = fc.constantFrom(1, 5_000, 9_999, 10_000, 29_999, 30_000, 100_000);

/** One thing that may happen to a broker. */
export const step = fc.oneof(
  { weight: 8, arbitrary: publish },
  { weight: 1, arbitrary: fc.record({ step: fc.constant("burst" as const), channel, count: fc.nat({ max: 70 }) }) },
  { weight: 5, arbitrary: join },
  { weight: 3, arbitrary: history },
  { weight: 1, arbitrary: fc.record({ step: fc.constant("remove" as const), channel }) },
  { weight: 2, arbitrary: fc.record({ step: fc.constant("top" as const), channel }) },
  { weight: 3, arbitrary: fc.record({ step: fc.constant("advance" as const), ms }) },
  { weight: 4, arbitrary: fc.record({ step: fc.constant("endTurn" as const) }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant("sweep" as const) }) },
  { weight: 2, arbitrary: fc.record({ step: fc.constant("restart" as const) }) },
  { weight: 2, arbitrary: fc.record({ step: fc.constant("fail" as const), failing: fc.boolean() }) },
);

export type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;
