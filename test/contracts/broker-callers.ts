import { describe, expect, test } from "bun:test";
import { pageOf } from "../broker/fixture.ts";
import type { BrokerSuite } from "./broker-suite.ts";

/** What a broker does with those who throw, or ask it for more while it speaks. */
export function callerContract(suite: BrokerSuite): void {
  describe("what goes wrong around it", () => {
    test("[BK80] a publication that `deliver` throws on is counted and told, and the others go on (F19)", () => {
      suite.fixture.onDeliver = ({ publication }) => {
        if (publication.offset === 2) throw new Error("poison");
      };
      const outcomes: boolean[] = [];
      for (let n = 1; n <= 3; n++) suite.broker.publish(suite.draft("a", n), ({ ok }) => outcomes.push(ok));
      suite.settle();
      expect(outcomes).toEqual([true, true, true]);
      expect(suite.fixture.delivered.map(({ publication }) => publication.offset)).toEqual([1, 2, 3]);
      expect(suite.broker.counts.poisoned).toBe(1);
      expect(suite.fixture.captured.count("broker.poisoned")).toBe(1);
    });

    test("poison in what is not kept stops nothing either, and a thousand of it are one line a second", () => {
      suite.fixture.onDeliver = () => {
        throw new Error("poison");
      };
      for (let n = 0; n < 1_000; n++) suite.broker.publish(suite.draft("a", n, { history: null }), null);
      suite.settle();
      expect(suite.broker.counts.poisoned).toBe(1_000);
      expect(suite.fixture.captured.count("broker.poisoned")).toBe(1);
      suite.fixture.clock.advance(1_000);
      suite.broker.publish(suite.draft("a", 0, { history: null }), null);
      suite.settle();
      expect(suite.fixture.captured.count("broker.poisoned")).toBe(2);
    });

    test("[BK82] a callback that throws stops nothing", () => {
      const boom = () => {
        throw new Error("boom");
      };
      suite.broker.publish(suite.draft("a", 1), boom);
      suite.broker.publish(suite.draft("a", 2), boom);
      suite.settle();
      suite.join("a", suite.options, null, boom);
      suite.broker.history("a", suite.options, { limit: 1, since: null, reverse: false }, boom);
      suite.broker.historyRemove("b", suite.options, boom);
      suite.settle();
      expect(suite.broker.counts.poisoned).toBe(5);
      expect(suite.fixture.delivered).toHaveLength(2);
    });

    test("the one socket that is left out is named to `deliver`, and its publication is kept like any", () => {
      const exclude = { protocol: "plain" } as never;
      suite.published(suite.draft("a", 1, { exclude }));
      suite.published(suite.draft("a", 2, { exclude, history: null }));
      expect(suite.fixture.delivered.map((one) => one.exclude)).toEqual([exclude, exclude]);
      expect(pageOf(suite.history("a", suite.options)).data).toEqual([1]);
    });
  });
}
