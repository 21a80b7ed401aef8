import { describe, expect, test } from "bun:test";
import { payloadToJson, tagsOf } from "../../src/core/payload.ts";
import type { Publication } from "../../src/core/publication.ts";
import { history, json, pageOf, publish, published, removed } from "../broker/fixture.ts";
import type { BrokerSuite } from "./broker-suite.ts";

/** What a publish does, also one that is repeated or that has a version. */
export function publishingContract(suite: BrokerSuite): void {
  describe("publish", () => {
    test("[BK1] offsets are 1, 2, 3 within a channel's epoch of eight letters", () => {
      const first = published(suite.broker, suite.draft("a", 1));
      expect(first).toEqual({ offset: 1, epoch: expect.stringMatching(/^[a-zA-Z]{8}$/) });
      expect(published(suite.broker, suite.draft("a", 2))).toEqual({ offset: 2, epoch: first.epoch });
      expect(published(suite.broker, suite.draft("a", 3))).toEqual({ offset: 3, epoch: first.epoch });
      const other = published(suite.broker, suite.draft("b", 1));
      expect(other.offset).toBe(1);
      expect(other.epoch).not.toBe(first.epoch);
    });

    test("[BK2] each publication is delivered once, in order, and answered right after it", () => {
      const events: string[] = [];
      suite.fixture.onDeliver = ({ publication }) => events.push(`deliver ${publication.offset}`);
      for (let n = 1; n <= 3; n++) {
        suite.broker.publish(suite.draft("a", n), (outcome) =>
          events.push(`done ${outcome.ok && outcome.position.offset}`),
        );
      }
      suite.broker.flush();
      expect(events).toEqual(["deliver 1", "done 1", "deliver 2", "done 2", "deliver 3", "done 3"]);
    });

    test("[BK3] what is not kept is delivered at once, without an offset, and leaves no trace", () => {
      const outcomes: unknown[] = [];
      suite.broker.publish(suite.draft("a", 1, { history: null }), (outcome) => outcomes.push(outcome));
      expect(outcomes).toEqual([{ ok: true, position: { offset: 0, epoch: "" } }]);
      expect(suite.fixture.delivered[0]?.publication).toEqual({ data: json(1), offset: 0, epoch: "" });
      expect(suite.broker.top("a", suite.options)).toBeNull();
    });

    test("[BK4] a publication keeps the bytes of its JSON, its tags and all of its publisher's info", () => {
      const info = { user: "ann", client: "c1", connInfo: '{"n": 1}', chanInfo: "[ ]" };
      const data = { kind: "json", json: '{"b":1e2, "a":"\\u00e9\u2028é𝄞"}' } as const;
      const tags = { k: "v", "": "\u0000" };
      published(suite.broker, { ...suite.draft("a", 0), data, info, tags });
      published(suite.broker, { ...suite.draft("a", 0), data, info: { user: "", client: "c2" } });
      const expected = [
        { data, info, tags, offset: 1 },
        { data, info: { user: "", client: "c2" }, offset: 2 },
      ];
      const outcome = history(suite.broker, "a", suite.options);
      expect(outcome.ok && outcome.publications).toMatchObject(expected);
      expect(suite.fixture.delivered.map(({ publication }) => publication)).toMatchObject(expected);
      expect(suite.fixture.delivered[1]?.publication).not.toHaveProperty("tags");
    });

    test("text and bytes are delivered in their own kind, and kept as what JSON makes of them", () => {
      const text = { kind: "text", text: 'say "hi"' } as const;
      const binary = { kind: "binary", bytes: new Uint8Array([0, 255, 10]) } as const;
      published(suite.broker, { ...suite.draft("a", 0), data: text });
      published(suite.broker, { ...suite.draft("a", 0), data: binary, tags: { own: "1" } });
      expect(suite.fixture.delivered.map(({ publication }) => publication.data)).toEqual([text, binary]);
      const outcome = history(suite.broker, "a", suite.options);
      const asJson = (publication: Publication) => [
        payloadToJson(publication.data),
        tagsOf(publication.data, publication.tags),
      ];
      expect(outcome.ok && outcome.publications.map(asJson)).toEqual([
        ['"say \\"hi\\""', undefined],
        ['"AP8K"', { own: "1", "chorus-encoding": "base64" }],
      ]);
    });

    test("[BK6] channels are told apart whatever their names are (T79)", () => {
      const names = [
        "a",
        "A",
        "a ",
        "'; DROP TABLE streams; --",
        "a\u0000b",
        "a\u0000",
        "\ud800",
        "\udfff",
        "\ufffd",
        "é",
        "e\u0301",
      ];
      for (const [index, name] of names.entries()) published(suite.broker, suite.draft(name, index));
      for (const [index, name] of names.entries()) {
        expect(pageOf(history(suite.broker, name, suite.options)).data).toEqual([index]);
      }
    });
  });

  describe("a publish that is repeated", () => {
    const keyed = (channel: string, value: unknown, rest = {}) =>
      suite.draft(channel, value, { idempotencyKey: "k", ...rest });

    test("[BK60] the same key has one effect and one outcome, also with another payload (T55)", () => {
      const first = published(suite.broker, keyed("a", 1));
      expect(published(suite.broker, suite.draft("a", 2)).offset).toBe(2);
      expect(published(suite.broker, keyed("a", 1))).toEqual(first);
      expect(published(suite.broker, keyed("a", "another"))).toEqual(first);
      expect(suite.fixture.delivered).toHaveLength(2);
      expect(pageOf(history(suite.broker, "a", suite.options)).data).toEqual([1, 2]);
    });

    test("two in one turn with the same key are one", () => {
      const positions: unknown[] = [];
      for (let n = 0; n < 2; n++)
        suite.broker.publish(keyed("a", n), (outcome) => positions.push(outcome.ok && outcome.position.offset));
      suite.broker.flush();
      expect(positions).toEqual([1, 1]);
      expect(suite.fixture.delivered).toHaveLength(1);
    });

    test("keys are told apart by channel and by every letter, however long", () => {
      published(suite.broker, keyed("a", 1));
      expect(published(suite.broker, keyed("b", 1))).toMatchObject({ offset: 1 });
      expect(published(suite.broker, keyed("a", 2, { idempotencyKey: "K" })).offset).toBe(2);
      expect(published(suite.broker, keyed("a:k", 1, { idempotencyKey: "x" })).offset).toBe(1);
      expect(published(suite.broker, keyed("a", 3, { idempotencyKey: ":kx" })).offset).toBe(3);
      expect(published(suite.broker, keyed("a=x", 1, { idempotencyKey: "y" })).offset).toBe(1);
      expect(published(suite.broker, keyed("a", 4, { idempotencyKey: "x=y" })).offset).toBe(4);
      const long = "x".repeat(5_000);
      expect(published(suite.broker, keyed("a", 5, { idempotencyKey: `${long}1` })).offset).toBe(5);
      expect(published(suite.broker, keyed("a", 6, { idempotencyKey: `${long}2` })).offset).toBe(6);
      expect(published(suite.broker, keyed("a", 7, { idempotencyKey: `${long}2` })).offset).toBe(6);
    });

    test("a key holds for five minutes", () => {
      published(suite.broker, keyed("a", 1));
      suite.fixture.clock.advance(299_999);
      expect(published(suite.broker, keyed("a", 2)).offset).toBe(1);
      suite.broker.sweep();
      expect(suite.broker.idempotencyKeys).toBe(1);
      suite.fixture.clock.advance(1);
      suite.broker.sweep();
      expect(suite.broker.idempotencyKeys).toBe(0);
      expect(published(suite.broker, keyed("a", 3)).offset).toBe(2);
    });

    test("keys hold where nothing is kept, and between what is kept and what is not", () => {
      const nowhere = { offset: 0, epoch: "" };
      expect(published(suite.broker, keyed("a", 1, { history: null }))).toEqual(nowhere);
      expect(published(suite.broker, keyed("a", 1))).toEqual(nowhere);
      expect(suite.fixture.delivered).toHaveLength(1);
    });
  });

  describe("a publish with a version", () => {
    const versioned = (version: number, versionEpoch?: string) =>
      suite.draft("a", version, versionEpoch === undefined ? { version } : { version, versionEpoch });

    test("[BK70] a version not above the last one is answered with the top, and neither delivered nor kept", () => {
      const first = published(suite.broker, versioned(2));
      expect(published(suite.broker, versioned(2))).toEqual(first);
      expect(published(suite.broker, versioned(1))).toEqual(first);
      expect(published(suite.broker, versioned(3))).toEqual({ ...first, offset: 2 });
      expect(suite.fixture.delivered.map(({ publication }) => publication.offset)).toEqual([1, 2]);
    });

    test("a publish without a version is news, and what comes after it too", () => {
      published(suite.broker, versioned(5));
      expect(published(suite.broker, suite.draft("a", 0)).offset).toBe(2);
      expect(published(suite.broker, versioned(1)).offset).toBe(3);
    });

    test("[BK72] versions of different epochs are not compared; an empty epoch compares with any", () => {
      published(suite.broker, versioned(5, "x"));
      expect(published(suite.broker, versioned(4, "y")).offset).toBe(2);
      expect(published(suite.broker, versioned(4, "y")).offset).toBe(2);
      expect(published(suite.broker, versioned(3)).offset).toBe(2);
      expect(published(suite.broker, versioned(5)).offset).toBe(3);
    });

    test("a version lives as long as its stream: removing the history keeps it", () => {
      published(suite.broker, versioned(5));
      removed(suite.broker, "a", suite.options);
      expect(published(suite.broker, versioned(5)).offset).toBe(1);
      suite.fixture.clock.advance(suite.options.metaTtl);
      expect(suite.fixture.delivered).toHaveLength(1);
      published(suite.broker, versioned(5));
      expect(suite.fixture.delivered).toHaveLength(2);
    });

    test("what is no news renews both times to live, and uses up no key", () => {
      published(suite.broker, versioned(5));
      suite.fixture.clock.advance(suite.options.ttl - 1);
      published(suite.broker, { ...versioned(5), idempotencyKey: "k" });
      suite.fixture.clock.advance(suite.options.ttl - 1);
      expect(pageOf(history(suite.broker, "a", suite.options)).offsets).toEqual([1]);
      expect(published(suite.broker, { ...versioned(6), idempotencyKey: "k" }).offset).toBe(2);
    });

    test("no number breaks anything", () => {
      for (const version of [Number.MAX_SAFE_INTEGER, 1e300, Number.POSITIVE_INFINITY, -1, 0.5, Number.NaN]) {
        expect(publish(suite.broker, versioned(version)).ok).toBe(true);
      }
    });
  });
}
