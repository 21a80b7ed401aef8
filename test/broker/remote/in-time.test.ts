import { expect, test } from "bun:test";
import { draftOf, kept } from "../fixture.ts";
import { simulatedFixture } from "./simulated-fixture.ts";

const options = kept("memory");

test("[RB3] an engine that hangs: publish, history and removal are answered once, within the time, and what happens later is delivered", () => {
  const { broker, clock, delivered, endTurn } = simulatedFixture(1);
  const settle = () => {
    while (!broker.flush()) endTurn();
  };
  const join = () => broker.join("a", options, null, () => {});
  if (broker.prepare([{ channel: "a", options, since: null }], join)) join();
  settle();

  const answers: unknown[] = [];
  broker.publish(draftOf("a", 1, { history: options }), (outcome) => answers.push(outcome.ok || outcome.error.code));
  broker.history("a", options, { limit: -1, since: null, reverse: false }, (outcome) =>
    answers.push(outcome.ok || outcome.error.code),
  );
  broker.historyRemove("b", options, (error) => answers.push(error?.code));
  broker.flush();
  clock.advance(3_800);
  broker.tick();
  expect(answers).toEqual([]);
  clock.advance(150);
  broker.tick();
  expect(answers).toEqual([100, 100, 100]);

  while (delivered.length === 0) endTurn();
  expect(delivered.map(({ publication }) => publication.offset)).toEqual([1]);
  expect(answers).toHaveLength(3);
});
