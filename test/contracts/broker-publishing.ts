import { describe, expect, test } from "bun:test";
import { payloadToJson, tagsOf } from "../../src/core/payload.ts";
import type { Publication } from "../../src/core/publication.ts";
import { json, pageOf } from "../broker/fixture.ts";
import type { BrokerSuite } from "./broker-suite.ts";

/** What a publish does, also one that is repeated or that has a version. */
export function publishingContract(suite: BrokerSuite): void {
  describe("publish", () => {
    test("[BK1] offsets are 1, 2, 3 within a channel's epoch of eight letters", () => {
      const first = suite.published(suite.draft("a", 1));
      expect(first).toEqual({ offset: 1, epoch: expect.stringMatching(/^[a-zA-Z]{8}$/) });
      expect(suite.published(suite.draft("a", 2))).toEqual({ offset: 2, epoch: first.epoch });
      expect(suite.published(suite.draft("a", 3))).toEqual({ offset: 3, epoch: first.epoch });
      const other = suite.published(suite.draft("b", 1));
      expect(other.offset).toBe(1);
      expect(other.epoch).not.toBe(first.epoch);
    });

    test("[BK2] each publication is delivered once, in order, and answered right after it", () => {
      const events: string[] = [];
      suite.fixture.onDeliver = ({ publication }) => events.push(`deliver ${publication.offset}`);
      for (let n = 1; n <= 3; n++) {
        suite.broker.publish(suite.draft("a", n), (outcome) =>
          events.push(`done ${outcome.ok && outcome.value.offset}`),
        );
      }
      suite.settle();
      expect(events).toEqual(["deliver 1", "done 1", "deliver 2", "done 2", "deliver 3", "done 3"]);
    });

    test("[BK3] what is not kept is delivered without an offset, and leaves no trace", () => {
      expect(suite.published(suite.draft("a", 1, { history: null }))).toEqual({ offset: 0, epoch: "" });
      expect(suite.fixture.delivered[0]?.publication).toEqual({ data: json(1), offset: 0, epoch: "" });
      expect(suite.broker.top("a", suite.options)).toBeNull();
    });

    test("[BK4] a publication keeps the bytes of its JSON, its tags, its version and all of its publisher's info", () => {
      const info = { user: "ann", client: "c1", connInfo: '{"n": 1}', chanInfo: "[ ]" };
      const data = { kind: "json", json: '{"b":1e2, "a":"\\u00e9\u2028é𝄞"}' } as const;
      const tags = { k: "v", "": "\u0000" };
      suite.published({ ...suite.draft("a", 0), data, info, tags });
      suite.published({ ...suite.draft("a", 0), data, info: { user: "", client: "c2" } });
      suite.published({ ...suite.draft("a", 0), data, version: 7 });
      suite.published({ ...suite.draft("a", 0), data, info, tags, version: 8 });
      const expected = [
        { data, info, tags, offset: 1 },
        { data, info: { user: "", client: "c2" }, offset: 2 },
        { data, version: 7, offset: 3 },
        { data, info, tags, version: 8, offset: 4 },
      ];
      const outcome = suite.history("a", suite.options);
      expect(outcome.ok && outcome.value.publications).toMatchObject(expected);
      expect(suite.fixture.delivered.map(({ publication }) => publication)).toMatchObject(expected);
      expect(suite.fixture.delivered[1]?.publication).not.toHaveProperty("tags");
      if (outcome.ok)
        for (const index of [0, 1]) expect(outcome.value.publications[index]).not.toHaveProperty("version");
    });

    test("a publication says that it was asked for as a patch, and that its stream kept none before it", () => {
      suite.joined("a", suite.options);
      const forms = () =>
        suite.fixture.delivered.map(({ publication: { asDelta, isFirstKept } }) => [asDelta, isFirstKept]);
      for (const rest of [{ asDelta: true }, {}] as const) suite.published(suite.draft("a", 1, rest));
      suite.removed("a", suite.options);
      suite.published(suite.draft("a", 1));
      expect(forms()).toEqual([
        [true, true],
        [undefined, undefined],
        [undefined, true],
      ]);
    });

    test("text and bytes are delivered in their own kind, and kept as what JSON makes of them", () => {
      const text = { kind: "text", text: 'say "hi"' } as const;
      const binary = { kind: "binary", bytes: new Uint8Array([0, 255, 10]) } as const;
      suite.published({ ...suite.draft("a", 0), data: text });
      suite.published({ ...suite.draft("a", 0), data: binary, tags: { own: "1" } });
      expect(suite.fixture.delivered.map(({ publication }) => publication.data)).toEqual([text, binary]);
      const outcome = suite.history("a", suite.options);
      const asJson = (publication: Publication) => [
        payloadToJson(publication.data),
        tagsOf(publication.data, publication.tags),
      ];
      expect(outcome.ok && outcome.value.publications.map(asJson)).toEqual([
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
      for (const [index, name] of names.entries()) suite.published(suite.draft(name, index));
      for (const [index, name] of names.entries()) {
        expect(pageOf(suite.history(name, suite.options)).data).toEqual([index]);
      }
    });
  });

  describe("a publish that is repeated", () => {
    const keyed = (channel: string, value: unknown, rest = {}) =>
      suite.draft(channel, value, { idempotencyKey: "k", ...rest });

    test("[BK60] the same key has one effect and one outcome, also with another payload (T55)", () => {
      const first = suite.published(keyed("a", 1));
      expect(suite.published(suite.draft("a", 2)).offset).toBe(2);
      expect(suite.published(keyed("a", 1))).toEqual(first);
      expect(suite.published(keyed("a", "another"))).toEqual(first);
      expect(suite.fixture.delivered).toHaveLength(2);
      expect(pageOf(suite.history("a", suite.options)).data).toEqual([1, 2]);
    });

    test("two in one turn with the same key are one", () => {
      const positions: unknown[] = [];
      for (let n = 0; n < 2; n++)
        suite.broker.publish(keyed("a", n), (outcome) => positions.push(outcome.ok && outcome.value.offset));
      suite.settle();
      expect(positions).toEqual([1, 1]);
      expect(suite.fixture.delivered).toHaveLength(1);
    });

    test("keys are told apart by channel and by every letter, however long", () => {
      suite.published(keyed("a", 1));
      expect(suite.published(keyed("b", 1))).toMatchObject({ offset: 1 });
      expect(suite.published(keyed("a", 2, { idempotencyKey: "K" })).offset).toBe(2);
      expect(suite.published(keyed("a:k", 1, { idempotencyKey: "x" })).offset).toBe(1);
      expect(suite.published(keyed("a", 3, { idempotencyKey: ":kx" })).offset).toBe(3);
      expect(suite.published(keyed("a=x", 1, { idempotencyKey: "y" })).offset).toBe(1);
      expect(suite.published(keyed("a", 4, { idempotencyKey: "x=y" })).offset).toBe(4);
      const long = "x".repeat(5_000);
      expect(suite.published(keyed("a", 5, { idempotencyKey: `${long}1` })).offset).toBe(5);
      expect(suite.published(keyed("a", 6, { idempotencyKey: `${long}2` })).offset).toBe(6);
      expect(suite.published(keyed("a", 7, { idempotencyKey: `${long}2` })).offset).toBe(6);
    });

    test("keys hold where nothing is kept, and between what is kept and what is not", () => {
      const nowhere = { offset: 0, epoch: "" };
      expect(suite.published(keyed("a", 1, { history: null }))).toEqual(nowhere);
      expect(suite.published(keyed("a", 1))).toEqual(nowhere);
      expect(suite.fixture.delivered).toHaveLength(1);
    });
  });

  describe("a publish with a version", () => {
    const versioned = (version: number, versionEpoch?: string) =>
      suite.draft("a", version, versionEpoch === undefined ? { version } : { version, versionEpoch });

    test("[BK70] a version not above the last one is answered with the top, and neither delivered nor kept", () => {
      const first = suite.published(versioned(2));
      expect(suite.published(versioned(2))).toEqual(first);
      expect(suite.published(versioned(1))).toEqual(first);
      expect(suite.published(versioned(3))).toEqual({ ...first, offset: 2 });
      expect(suite.fixture.delivered.map(({ publication }) => publication.offset)).toEqual([1, 2]);
    });

    test("a publish without a version is news, and what comes after it too", () => {
      suite.published(versioned(5));
      expect(suite.published(suite.draft("a", 0)).offset).toBe(2);
      expect(suite.published(versioned(1)).offset).toBe(3);
    });

    test("[BK72] versions of different epochs are not compared; an empty epoch compares with any", () => {
      suite.published(versioned(5, "x"));
      expect(suite.published(versioned(4, "y")).offset).toBe(2);
      expect(suite.published(versioned(4, "y")).offset).toBe(2);
      expect(suite.published(versioned(3)).offset).toBe(2);
      expect(suite.published(versioned(5)).offset).toBe(3);
    });

    test("a version lives as long as its stream: removing the history keeps it", () => {
      suite.published(versioned(5));
      suite.removed("a", suite.options);
      expect(suite.published(versioned(5)).offset).toBe(1);
      suite.fixture.clock.advance(suite.options.metaTtl);
      expect(suite.fixture.delivered).toHaveLength(1);
      suite.published(versioned(5));
      expect(suite.fixture.delivered).toHaveLength(2);
    });

    test("what is no news renews both times to live, and uses up no key", () => {
      suite.published(versioned(5));
      suite.fixture.clock.advance(suite.options.ttl - 1);
      suite.published({ ...versioned(5), idempotencyKey: "k" });
      suite.fixture.clock.advance(suite.options.ttl - 1);
      expect(pageOf(suite.history("a", suite.options)).offsets).toEqual([1]);
      expect(suite.published({ ...versioned(6), idempotencyKey: "k" }).offset).toBe(2);
    });

    test("no number breaks anything", () => {
      for (const version of [Number.MAX_SAFE_INTEGER, 1e300, Number.POSITIVE_INFINITY, -1, 0.5, Number.NaN]) {
        expect(suite.publish(versioned(version)).ok).toBe(true);
      }
    });
  });
}
