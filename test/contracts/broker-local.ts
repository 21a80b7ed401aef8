import { describe, expect, test } from "bun:test";
import { contents, json, pageOf, sinceOf } from "../broker/fixture.ts";
import type { LocalBrokerSuite } from "./broker-suite.ts";

/** What a broker of this process does beyond the port: it answers at once. */
export function localContract(suite: LocalBrokerSuite): void {
  describe("a local broker", () => {
    test("what is not kept is delivered and answered before publish returns", () => {
      const outcomes: unknown[] = [];
      suite.broker.publish(suite.draft("a", 1, { history: null }), (outcome) => outcomes.push(outcome));
      expect(outcomes).toEqual([{ ok: true, value: { offset: 0, epoch: "" } }]);
      expect(suite.fixture.delivered[0]?.publication).toEqual({ data: json(1), offset: 0, epoch: "" });
    });

    test("joins need no preparation, and a flush leaves nothing unanswered", () => {
      const wish = { channel: "a", options: suite.options, since: null };
      expect(suite.broker.prepare([wish], () => {})).toBe(true);
      let isAnswered = false;
      suite.broker.publish(suite.draft("a", 1), () => {
        isAnswered = true;
      });
      expect(suite.broker.flush()).toBe(true);
      expect(isAnswered).toBe(true);
    });

    test("a key holds for five minutes", () => {
      suite.published(suite.keyed("a", 1));
      suite.fixture.clock.advance(299_999);
      expect(suite.published(suite.keyed("a", 2)).offset).toBe(1);
      suite.broker.sweep();
      expect(suite.broker.idempotencyKeys).toBe(1);
      suite.fixture.clock.advance(1);
      suite.broker.sweep();
      expect(suite.broker.idempotencyKeys).toBe(0);
      expect(suite.published(suite.keyed("a", 3)).offset).toBe(2);
    });

    test("sweeping changes nothing that could be asked for", () => {
      const position = suite.fill("a", 3);
      suite.fill("b", 3);
      suite.broker.sweep();
      suite.fixture.clock.advance(suite.options.ttl);
      for (let n = 0; n < 5; n++) suite.broker.sweep();
      expect(pageOf(suite.history("a", suite.options))).toMatchObject({
        offsets: [],
        top: 3,
        epoch: position.epoch,
      });
      suite.fixture.clock.advance(suite.options.metaTtl);
      for (let n = 0; n < 5; n++) suite.broker.sweep();
      expect(suite.broker.top("a", suite.options)).toBeNull();
      expect(suite.published(suite.draft("b", 1)).offset).toBe(1);
    });

    test("the top is told without renewing the stream and without beginning one", () => {
      expect(suite.broker.top("a", suite.options)).toBeNull();
      const position = suite.fill("a", 2);
      suite.fixture.clock.advance(suite.options.metaTtl - 1);
      expect(suite.broker.top("a", suite.options)).toEqual(position);
      suite.fixture.clock.advance(1);
      expect(suite.broker.top("a", suite.options)).toBeNull();
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
      suite.settle();
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
      suite.settle();
      const joinedAt = seen.findIndex((line) => line.startsWith("joined"));
      const before = seen.slice(0, joinedAt).filter((line) => line.startsWith("deliver")).length;
      expect(seen[joinedAt]).toBe(`joined with ${[1, 2].slice(0, before)}`);
      expect(seen.filter((line) => line.startsWith("deliver"))).toHaveLength(3);
    });
  });
}
