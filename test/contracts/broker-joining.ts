import { describe, expect, test } from "bun:test";
import type { Publication } from "../../src/core/publication.ts";
import { contents, sinceOf } from "../broker/fixture.ts";
import type { BrokerSuite } from "./broker-suite.ts";

/** What a joiner is told, and what it gets back of what it missed. */
export function joiningContract(suite: BrokerSuite): void {
  describe("join", () => {
    test("[BK10] a joiner is told where the stream stands, and what comes after it is delivered", () => {
      const position = suite.fill("a", 2);
      suite.fixture.delivered.length = 0;
      expect(suite.joined("a", suite.options)).toEqual({ position, publications: [], recovered: false });
      suite.published(suite.draft("a", 3));
      expect(suite.fixture.delivered.map(({ publication }) => publication.offset)).toEqual([3]);
    });

    test("[BK11] all is before the joiner or after it: nothing falls between, and nothing is on both sides", () => {
      const position = suite.fill("a", 1);
      const before: number[] = [];
      const after: number[] = [];
      const joined: number[][] = [];
      suite.fixture.onDeliver = ({ publication }) => (joined.length > 0 ? after : before).push(publication.offset);
      suite.broker.publish(suite.draft("a", 2), null);
      suite.join("a", suite.options, sinceOf(position.offset, position.epoch), (answer) => {
        joined.push(contents(answer?.publications ?? []).offsets);
        expect(answer?.position.offset).toBe(before.at(-1) ?? 0);
      });
      suite.broker.publish(suite.draft("a", 3), null);
      suite.settle();
      expect(joined).toEqual([before]);
      expect([...before, ...after]).toEqual([2, 3]);
    });

    test("[BK12] the first joiner begins the stream, and later ones and publications find its epoch", () => {
      const { position } = suite.joined("a", suite.options);
      expect(position).toEqual({ offset: 0, epoch: expect.stringMatching(/^[a-zA-Z]{8}$/) });
      expect(suite.joined("a", suite.options).position).toEqual(position);
      expect(suite.published(suite.draft("a", 1))).toEqual({ offset: 1, epoch: position.epoch });
    });

    test("where the channel has no stream there is no position, and nothing is ever recovered", () => {
      suite.published(suite.draft("a", 1, { history: null }));
      const nothing = { position: { offset: 0, epoch: "" }, publications: [], recovered: false };
      expect(suite.joined("a", null)).toEqual(nothing);
      expect(suite.joined("a", null, sinceOf(0, ""))).toEqual(nothing);
    });
  });

  describe("recovery of a stream", () => {
    test("[BK20] all that was missed comes, ascending, and is proven", () => {
      const position = suite.fill("a", 5);
      const answer = suite.joined("a", suite.options, sinceOf(2, position.epoch));
      expect(answer).toMatchObject({ position, recovered: true });
      expect(contents(answer.publications)).toEqual({ offsets: [3, 4, 5], data: [3, 4, 5] });
    });

    test("one who missed nothing is recovered, also where nothing is kept any more", () => {
      const position = suite.fill("a", 2);
      const since = sinceOf(2, position.epoch);
      expect(suite.joined("a", suite.options, since)).toEqual({ position, publications: [], recovered: true });
      suite.fixture.clock.advance(suite.options.ttl);
      expect(suite.joined("a", suite.options, since)).toEqual({ position, publications: [], recovered: true });
      expect(suite.joined("new", suite.options, sinceOf(0, ""))).toMatchObject({
        recovered: true,
        publications: [],
      });
    });

    test("the publication at the top comes to one who missed none, where it is asked for and kept", () => {
      for (const mode of ["stream", "cache"] as const) {
        const { epoch } = suite.fill(mode, 3);
        suite.joined(mode, suite.options);
        const answer = suite.joined(mode, suite.options, sinceOf(3, epoch, { mode, wantsTop: true }));
        expect(answer).toMatchObject({ recovered: true, publications: [], top: { offset: 3 } });
      }
      const position = suite.fill("a", 3);
      const missed = suite.joined("a", suite.options, sinceOf(2, position.epoch, { wantsTop: true }));
      expect([contents(missed.publications).offsets, missed.top]).toEqual([[3], undefined]);
      suite.removed("a", suite.options);
      const removed = suite.joined("a", suite.options, sinceOf(3, position.epoch, { wantsTop: true }));
      expect([removed.recovered, removed.top]).toEqual([true, undefined]);
    });

    test("[BK22] where one of those missed has fallen out, nothing comes and nothing is claimed", () => {
      const position = suite.fill("a", 13);
      const lost = { position, publications: [], recovered: false };
      expect(suite.joined("a", suite.options, sinceOf(2, position.epoch))).toEqual(lost);
      expect(contents(suite.joined("a", suite.options, sinceOf(3, position.epoch)).publications).offsets).toHaveLength(
        10,
      );
      suite.fixture.clock.advance(suite.options.ttl);
      expect(suite.joined("a", suite.options, sinceOf(12, position.epoch))).toEqual(lost);
    });

    test("[BK23] another epoch is another stream; no epoch is taken for the same", () => {
      const position = suite.fill("a", 3);
      const lost = { position, publications: [], recovered: false };
      expect(suite.joined("a", suite.options, sinceOf(2, "zzzz"))).toEqual(lost);
      expect(suite.joined("a", suite.options, sinceOf(3, "zzzz"))).toEqual(lost);
      const answer = suite.joined("a", suite.options, sinceOf(2, ""));
      expect(answer.recovered).toBe(true);
      expect(contents(answer.publications).offsets).toEqual([3]);
    });

    test("[BK24] an offset above the top has seen what is lost here: not recovered (F08)", () => {
      const position = suite.fill("a", 5);
      const lost = { position, publications: [], recovered: false };
      expect(suite.joined("a", suite.options, sinceOf(6, position.epoch))).toEqual(lost);
      expect(suite.joined("a", suite.options, sinceOf(2 ** 53 - 1, position.epoch))).toEqual(lost);
    });

    test("[BK25] more publications or bytes than may be recovered are none", () => {
      const { epoch } = suite.fill("a", 5);
      const recovered = (rest: object) => suite.joined("a", suite.options, sinceOf(2, epoch, rest)).recovered;
      expect(recovered({ publicationsMax: 3 })).toBe(true);
      expect(recovered({ publicationsMax: 2 })).toBe(false);
      expect(recovered({ bytesMax: 3 })).toBe(true);
      expect(recovered({ bytesMax: 2 })).toBe(false);
      expect(suite.joined("a", suite.options, sinceOf(2, epoch, { bytesMax: 2 })).publications).toEqual([]);
    });
  });

  describe("recovery of the latest", () => {
    const cache = { mode: "cache" } as const;

    test("[BK30] the latest publication alone comes, whatever was missed before it", () => {
      const position = suite.fill("a", 13);
      for (const since of [sinceOf(0, "", cache), sinceOf(1, position.epoch, cache), sinceOf(13, "zzzz", cache)]) {
        const answer = suite.joined("a", suite.options, since);
        expect(answer).toMatchObject({ position, recovered: true });
        expect(contents(answer.publications).offsets).toEqual([13]);
      }
    });

    test("one who has the latest gets nothing and is recovered, also where it is gone", () => {
      const position = suite.fill("a", 2);
      const answer = { position, publications: [], recovered: true };
      expect(suite.joined("a", suite.options, sinceOf(2, position.epoch, cache))).toEqual(answer);
      suite.fixture.clock.advance(suite.options.ttl);
      expect(suite.joined("a", suite.options, sinceOf(2, position.epoch, cache))).toEqual(answer);
    });

    test("without a latest publication nothing is recovered", () => {
      expect(suite.joined("a", suite.options, sinceOf(0, "", cache))).toMatchObject({
        recovered: false,
        publications: [],
      });
      const { epoch } = suite.fill("a", 2);
      suite.fixture.clock.advance(suite.options.ttl);
      expect(suite.joined("a", suite.options, sinceOf(1, epoch, cache))).toMatchObject({
        recovered: false,
        publications: [],
      });
    });

    test("with a filter the latest publication that it accepts comes, from among as many as may be recovered", () => {
      const position = suite.fill("a", 5);
      const second = { matches: ({ offset }: Pick<Publication, "offset">) => offset === 2 };
      const found = suite.joined("a", suite.options, sinceOf(0, "", { ...cache, filter: second }));
      expect(found).toMatchObject({ position, recovered: true, publications: [{ offset: 2 }] });
      const beyond = sinceOf(0, "", { ...cache, filter: second, publicationsMax: 3 });
      expect(suite.joined("a", suite.options, beyond)).toMatchObject({ recovered: false, publications: [] });
    });

    test("a latest publication of more bytes than may be recovered is none", () => {
      suite.published(suite.draft("a", "123456"));
      const answer = suite.joined("a", suite.options, sinceOf(0, "", { ...cache, bytesMax: 7 }));
      expect(answer).toMatchObject({ recovered: false, publications: [] });
    });
  });
}
