import { describe, expect, test } from "bun:test";
import { contents, history, pageOf, published, sinceOf } from "../broker/fixture.ts";
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
      suite.broker.flush();
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
      expect(suite.broker.counts.poisoned).toBe(1_000);
      expect(suite.fixture.captured.count("broker.poisoned")).toBe(1);
      suite.fixture.clock.advance(1_000);
      suite.broker.publish(suite.draft("a", 0, { history: null }), null);
      expect(suite.fixture.captured.count("broker.poisoned")).toBe(2);
    });

    test("[BK82] a callback that throws stops nothing", () => {
      const boom = () => {
        throw new Error("boom");
      };
      suite.broker.publish(suite.draft("a", 1), boom);
      suite.broker.publish(suite.draft("a", 2), boom);
      suite.broker.flush();
      suite.broker.join("a", suite.options, null, boom);
      suite.broker.history("a", suite.options, { limit: 1, since: null, reverse: false }, boom);
      suite.broker.historyRemove("b", suite.options, boom);
      expect(suite.broker.counts.poisoned).toBe(5);
      expect(suite.fixture.delivered).toHaveLength(2);
    });

    test("what `deliver` asks for is done when it is through, so that nothing passes it", () => {
      const seen: string[] = [];
      suite.fixture.onDeliver = ({ publication }) => {
        seen.push(`deliver ${JSON.stringify(contents([publication]).data[0])}`);
        if (publication.data.kind === "json" && publication.data.json === "1") {
          suite.broker.publish(suite.draft("a", 2), () => seen.push("done 2"));
          suite.broker.publish(suite.draft("a", 3, { history: null }), () => seen.push("done 3"));
          suite.broker.join("a", suite.options, null, (answer) => seen.push(`joined at ${answer?.position.offset}`));
          suite.broker.flush();
        }
        seen.push("delivered");
      };
      suite.broker.publish(suite.draft("a", 1), () => seen.push("done 1"));
      suite.broker.flush();
      expect(seen).toEqual([
        "deliver 1",
        "delivered",
        "done 1",
        "deliver 2",
        "delivered",
        "done 2",
        "deliver 3",
        "delivered",
        "done 3",
        "joined at 2",
      ]);
    });

    test("what an answer asks for comes after all that was committed before", () => {
      const seen: string[] = [];
      suite.fixture.onDeliver = ({ publication }) => seen.push(`deliver ${contents([publication]).data[0]}`);
      suite.broker.publish(suite.draft("a", 1), () => {
        suite.broker.join("a", suite.options, sinceOf(0, ""), (answer) =>
          seen.push(`joined with ${contents(answer?.publications ?? []).data}`),
        );
        suite.broker.publish(suite.draft("a", 9, { history: null }), null);
      });
      suite.broker.publish(suite.draft("a", 2), null);
      suite.broker.flush();
      const joinedAt = seen.findIndex((line) => line.startsWith("joined"));
      const before = seen.slice(0, joinedAt).filter((line) => line.startsWith("deliver")).length;
      expect(seen[joinedAt]).toBe(`joined with ${[1, 2].slice(0, before)}`);
      expect(seen.filter((line) => line.startsWith("deliver"))).toHaveLength(3);
    });

    test("the one socket that is left out is named to `deliver`, and its publication is kept like any", () => {
      const exclude = { protocol: "plain" } as never;
      published(suite.broker, suite.draft("a", 1, { exclude }));
      published(suite.broker, suite.draft("a", 2, { exclude, history: null }));
      expect(suite.fixture.delivered.map((one) => one.exclude)).toEqual([exclude, exclude]);
      expect(pageOf(history(suite.broker, "a", suite.options)).data).toEqual([1]);
    });
  });
}
