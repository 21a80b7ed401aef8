import { expect, test } from "bun:test";
import type { Joined } from "../../../src/broker/broker.ts";
import { contents, draftOf, kept, published, sinceOf } from "../fixture.ts";
import { simulatedFixture } from "./simulated-fixture.ts";

const options = kept("memory");

test("a joiner that comes while the channel is read gets what it needs, at whatever moment it comes", () => {
  for (let turns = 0; turns < 40; turns++) {
    const { broker, endTurn } = simulatedFixture(turns);
    const settle = () => {
      while (!broker.flush()) endTurn();
    };
    const positions = [1, 2, 3, 4].map((n) => published(broker, draftOf("a", n, { history: options }), settle));
    const epoch = positions[0]?.epoch ?? "";
    const answers: (Joined | null)[] = [];
    for (const since of [null, sinceOf(1, epoch)]) {
      const join = () => broker.join("a", options, since, (joined) => answers.push(joined));
      if (broker.prepare([{ channel: "a", options, since }], join)) join();
      for (let turn = 0; turn < turns; turn++) endTurn();
    }
    settle();
    const recovered = answers.find((answer) => answer?.recovered);
    expect(contents(recovered?.publications ?? []).offsets).toEqual([2, 3, 4]);
  }
});
