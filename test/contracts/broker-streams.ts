import { describe, expect, test } from "bun:test";
import { pageOf, sinceOf } from "../broker/fixture.ts";
import type { BrokerSuite } from "./broker-suite.ts";

/** What is kept, for how long, and what can be read of it. */
export function streamContract(suite: BrokerSuite): void {
  describe("history", () => {
    test("[BK40] a page is as long as asked for, from either end, with the top beside it", () => {
      const { epoch } = suite.fill("a", 5);
      const page = (filter: object) => pageOf(suite.history("a", suite.options, filter));
      expect(page({})).toEqual({ offsets: [1, 2, 3, 4, 5], data: [1, 2, 3, 4, 5], top: 5, epoch });
      expect(page({ limit: 2 })).toMatchObject({ offsets: [1, 2], top: 5 });
      expect(page({ limit: 2, reverse: true })).toMatchObject({ offsets: [5, 4], data: [5, 4], top: 5 });
      expect(page({ limit: -1, reverse: true }).offsets).toEqual([5, 4, 3, 2, 1]);
      expect(page({ limit: 0 })).toEqual({ offsets: [], data: [], top: 5, epoch });
      expect(page({ limit: 0, reverse: true }).offsets).toEqual([]);
      expect(page({ limit: 1e9 }).offsets).toHaveLength(5);
    });

    test("[BK41] a page ends before it has more bytes than allowed, but has at least one publication", () => {
      const { epoch } = suite.fill("a", 12);
      const page = (filter: object) => pageOf(suite.history("a", suite.options, { bytesMax: 5, ...filter })).offsets;
      expect(page({})).toEqual([3, 4, 5, 6, 7]);
      expect(page({ since: { offset: 7, epoch } })).toEqual([8, 9, 10]);
      expect(page({ since: { offset: 10, epoch } })).toEqual([11, 12]);
      expect(page({ reverse: true })).toEqual([12, 11]);
      expect(page({ bytesMax: 0 })).toEqual([3]);
      expect(page({ bytesMax: 0, reverse: true })).toEqual([12]);
      expect(page({ limit: 0 })).toEqual([]);
    });

    test("[BK41] tags and publishers are bytes of it, also of a recovery", () => {
      const tags = { k: "v".repeat(100) };
      const info = { user: "ann", client: "1", connInfo: `"${"x".repeat(100)}"` };
      for (let n = 0; n < 2; n++) suite.published({ ...suite.draft("a", n), tags });
      const { epoch } = suite.published({ ...suite.draft("a", 3), info });
      const page = (bytesMax: number) => pageOf(suite.history("a", suite.options, { bytesMax })).offsets;
      expect(page(150)).toEqual([1]);
      expect(page(250)).toEqual([1, 2]);
      expect(page(400)).toEqual([1, 2, 3]);
      const recovered = (bytesMax: number) =>
        suite.joined("a", suite.options, sinceOf(0, epoch, { bytesMax })).recovered;
      expect([recovered(250), recovered(400)]).toEqual([false, true]);
    });

    test("a page since a position leaves that one out, in either direction", () => {
      const { epoch } = suite.fill("a", 5);
      const page = (offset: number, rest = {}) =>
        pageOf(suite.history("a", suite.options, { since: { offset, epoch }, ...rest })).offsets;
      expect(page(2)).toEqual([3, 4, 5]);
      expect(page(2, { limit: 2 })).toEqual([3, 4]);
      expect(page(0)).toEqual([1, 2, 3, 4, 5]);
      expect(page(5)).toEqual([]);
      expect(page(9)).toEqual([]);
      expect(page(4, { reverse: true })).toEqual([3, 2, 1]);
      expect(page(4, { reverse: true, limit: 2 })).toEqual([3, 2]);
      expect(page(1, { reverse: true })).toEqual([]);
      expect(page(6, { reverse: true })).toEqual([5, 4, 3, 2, 1]);
      expect(page(7, { reverse: true })).toEqual([]);
    });

    test("a position that has fallen out gives what is left forward, and nothing backward", () => {
      const { epoch } = suite.fill("a", 13);
      const page = (offset: number, reverse: boolean) =>
        pageOf(suite.history("a", suite.options, { since: { offset, epoch }, reverse, limit: 3 })).offsets;
      expect(page(1, false)).toEqual([4, 5, 6]);
      expect(page(3, false)).toEqual([4, 5, 6]);
      expect(page(3, true)).toEqual([]);
      expect(page(5, true)).toEqual([4]);
    });

    test("[BK43] another epoch is error 112, no epoch is none, and backward from 0 is error 107", () => {
      suite.fill("a", 2);
      const asked = (offset: number, epoch: string, reverse = false) =>
        suite.history("a", suite.options, { since: { offset, epoch }, reverse });
      expect(asked(1, "zzzz")).toMatchObject({ ok: false, error: { code: 112 } });
      expect(pageOf(asked(1, "")).offsets).toEqual([2]);
      expect(asked(0, "", true)).toMatchObject({ ok: false, error: { code: 107 } });
    });

    test("the history of an unknown channel is empty, and its epoch holds from then on", () => {
      const { epoch, ...rest } = pageOf(suite.history("a", suite.options));
      expect(rest).toEqual({ offsets: [], data: [], top: 0 });
      expect(suite.published(suite.draft("a", 1))).toEqual({ offset: 1, epoch });
    });

    test("[BK45] removing a history keeps the position, and begins no stream where there is none", () => {
      const position = suite.fill("a", 3);
      expect(suite.removed("a", suite.options)).toBeNull();
      expect(pageOf(suite.history("a", suite.options))).toEqual({
        offsets: [],
        data: [],
        top: 3,
        epoch: position.epoch,
      });
      expect(suite.published(suite.draft("a", 4))).toEqual({ offset: 4, epoch: position.epoch });
      expect(pageOf(suite.history("a", suite.options)).offsets).toEqual([4]);
      expect(suite.removed("b", suite.options)).toBeNull();
      expect(suite.broker.top("b", suite.options)).toBeNull();
    });
  });

  describe("bounds of a stream", () => {
    test("[BK50] no more publications are kept than its size, the latest ones", () => {
      for (const size of [1, 2, 33, 100]) {
        const own = { ...suite.options, size };
        suite.fill(`a${size}`, 230, own);
        const { offsets, top } = pageOf(suite.history(`a${size}`, own));
        expect(offsets).toEqual(Array.from({ length: size }, (_, index) => 231 - size + index));
        expect(top).toBe(230);
      }
    });

    test("a smaller size holds from the next publish on", () => {
      suite.fill("a", 8);
      const smaller = { ...suite.options, size: 3 };
      expect(pageOf(suite.history("a", smaller)).offsets).toHaveLength(8);
      suite.published(suite.draft("a", 9, { history: smaller }));
      expect(pageOf(suite.history("a", smaller)).offsets).toEqual([7, 8, 9]);
    });

    test("[BK52] all publications go at once, a time to live after the last publish; the position stays", () => {
      const position = suite.fill("a", 2);
      suite.fixture.clock.advance(suite.options.ttl - 1);
      expect(pageOf(suite.history("a", suite.options)).offsets).toEqual([1, 2]);
      suite.published(suite.draft("a", 3));
      suite.fixture.clock.advance(suite.options.ttl - 1);
      expect(pageOf(suite.history("a", suite.options)).offsets).toEqual([1, 2, 3]);
      suite.fixture.clock.advance(1);
      expect(pageOf(suite.history("a", suite.options))).toMatchObject({
        offsets: [],
        top: 3,
        epoch: position.epoch,
      });
      expect(suite.published(suite.draft("a", 4))).toEqual({ offset: 4, epoch: position.epoch });
      expect(pageOf(suite.history("a", suite.options)).offsets).toEqual([4]);
    });

    test("[BK53] the stream is forgotten a meta time to live after the last publish or read", () => {
      const { epoch } = suite.fill("a", 1);
      const almost = () => suite.fixture.clock.advance(suite.options.metaTtl - 1);
      almost();
      expect(pageOf(suite.history("a", suite.options))).toMatchObject({ top: 1, epoch });
      almost();
      expect(suite.joined("a", suite.options).position).toEqual({ offset: 1, epoch });
      almost();
      expect(suite.published(suite.draft("a", 2))).toEqual({ offset: 2, epoch });
      suite.fixture.clock.advance(suite.options.metaTtl);
      expect(suite.broker.top("a", suite.options)).toBeNull();
      const anew = suite.published(suite.draft("a", 3));
      expect(anew.offset).toBe(1);
      expect(anew.epoch).not.toBe(epoch);
      expect(suite.joined("a", suite.options, sinceOf(1, epoch))).toMatchObject({
        recovered: false,
        position: anew,
      });
    });

    test("[BK57] a stream that begins is reported before its first publication, and no other is", () => {
      const seen: string[] = [];
      suite.fixture.onDeliver = ({ publication: { offset, epoch } }) => {
        const isReported = suite.fixture.lost.some((each) => each.epoch === epoch);
        seen.push(`${offset} ${isReported}`);
      };
      const first = suite.fill("a", 2);
      suite.published(suite.draft("a", 0, { history: null }));
      suite.removed("a", suite.options);
      suite.fill("a", 1);
      suite.fixture.clock.advance(suite.options.metaTtl);
      const { epoch } = suite.joined("a", suite.options).position;
      suite.fill("a", 1);
      expect(seen).toEqual(["1 true", "2 true", "0 false", "3 true", "1 true"]);
      expect(new Set(suite.fixture.lost.map((each) => each.epoch))).toEqual(new Set([first.epoch, epoch]));
    });

    test("[BK55] a wall clock that is put right ends nothing and prolongs nothing (F14)", () => {
      const position = suite.fill("a", 2);
      suite.fixture.clock.jump(3_600_000);
      expect(pageOf(suite.history("a", suite.options))).toMatchObject({
        offsets: [1, 2],
        epoch: position.epoch,
      });
      suite.fixture.clock.jump(-7_200_000);
      expect(pageOf(suite.history("a", suite.options)).offsets).toEqual([1, 2]);
      suite.fixture.clock.advance(suite.options.ttl);
      expect(pageOf(suite.history("a", suite.options)).offsets).toEqual([]);
    });
  });
}
