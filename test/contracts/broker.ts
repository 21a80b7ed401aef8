import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { HistoryOptions } from "../../src/broker/broker.ts";
import { payloadToJson, tagsOf } from "../../src/core/payload.ts";
import type { Publication } from "../../src/core/publication.ts";
import {
  type BrokerFixture,
  contents,
  draftOf,
  history,
  joined,
  json,
  kept,
  pageOf,
  publish,
  published,
  removed,
  sinceOf,
} from "../broker/fixture.ts";

/** What every implementation of the broker has to do, whatever it keeps its streams in. */
export function brokerContract(engine: HistoryOptions["engine"], create: () => BrokerFixture): void {
  const options = kept(engine);
  let fixture: BrokerFixture;
  let broker: BrokerFixture["broker"];
  const draft = (channel: string, value: unknown, rest = {}) => draftOf(channel, value, { history: options, ...rest });
  const fill = (channel: string, count: number, own = options) => {
    let position = { offset: 0, epoch: "" };
    for (let n = 1; n <= count; n++) position = published(broker, draft(channel, n, { history: own }));
    return position;
  };

  beforeEach(() => {
    fixture = create();
    broker = fixture.broker;
  });
  afterEach(() => broker.close());

  describe("publish", () => {
    test("[BK1] offsets are 1, 2, 3 within a channel's epoch of eight letters", () => {
      const first = published(broker, draft("a", 1));
      expect(first).toEqual({ offset: 1, epoch: expect.stringMatching(/^[a-zA-Z]{8}$/) });
      expect(published(broker, draft("a", 2))).toEqual({ offset: 2, epoch: first.epoch });
      expect(published(broker, draft("a", 3))).toEqual({ offset: 3, epoch: first.epoch });
      const other = published(broker, draft("b", 1));
      expect(other.offset).toBe(1);
      expect(other.epoch).not.toBe(first.epoch);
    });

    test("[BK2] each publication is delivered once, in order, and answered right after it", () => {
      const events: string[] = [];
      fixture.onDeliver = ({ publication }) => events.push(`deliver ${publication.offset}`);
      for (let n = 1; n <= 3; n++) {
        broker.publish(draft("a", n), (outcome) => events.push(`done ${outcome.ok && outcome.position.offset}`));
      }
      broker.flush();
      expect(events).toEqual(["deliver 1", "done 1", "deliver 2", "done 2", "deliver 3", "done 3"]);
    });

    test("[BK3] what is not kept is delivered at once, without an offset, and leaves no trace", () => {
      const outcomes: unknown[] = [];
      broker.publish(draft("a", 1, { history: null }), (outcome) => outcomes.push(outcome));
      expect(outcomes).toEqual([{ ok: true, position: { offset: 0, epoch: "" } }]);
      expect(fixture.delivered[0]?.publication).toEqual({ data: json(1), offset: 0, epoch: "" });
      expect(broker.top("a", options)).toBeNull();
    });

    test("[BK4] a publication keeps the bytes of its JSON, its tags and all of its publisher's info", () => {
      const info = { user: "ann", client: "c1", connInfo: '{"n": 1}', chanInfo: "[ ]" };
      const data = { kind: "json", json: '{"b":1e2, "a":"\\u00e9\u2028é𝄞"}' } as const;
      const tags = { k: "v", "": "\u0000" };
      published(broker, { ...draft("a", 0), data, info, tags });
      published(broker, { ...draft("a", 0), data, info: { user: "", client: "c2" } });
      const expected = [
        { data, info, tags, offset: 1 },
        { data, info: { user: "", client: "c2" }, offset: 2 },
      ];
      const outcome = history(broker, "a", options);
      expect(outcome.ok && outcome.publications).toMatchObject(expected);
      expect(fixture.delivered.map(({ publication }) => publication)).toMatchObject(expected);
      expect(fixture.delivered[1]?.publication).not.toHaveProperty("tags");
    });

    test("[BK5] text and bytes are delivered in their own kind, and kept as what JSON makes of them", () => {
      const text = { kind: "text", text: 'say "hi"' } as const;
      const binary = { kind: "binary", bytes: new Uint8Array([0, 255, 10]) } as const;
      published(broker, { ...draft("a", 0), data: text });
      published(broker, { ...draft("a", 0), data: binary, tags: { own: "1" } });
      expect(fixture.delivered.map(({ publication }) => publication.data)).toEqual([text, binary]);
      const outcome = history(broker, "a", options);
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
      for (const [index, name] of names.entries()) published(broker, draft(name, index));
      for (const [index, name] of names.entries()) {
        expect(pageOf(history(broker, name, options)).data).toEqual([index]);
      }
    });
  });

  describe("join", () => {
    test("[BK10] a joiner is told where the stream stands, and what comes after it is delivered", () => {
      const position = fill("a", 2);
      fixture.delivered.length = 0;
      expect(joined(broker, "a", options)).toEqual({ position, publications: [], recovered: false });
      published(broker, draft("a", 3));
      expect(fixture.delivered.map(({ publication }) => publication.offset)).toEqual([3]);
    });

    test("[BK11] all is before the joiner or after it: nothing falls between, and nothing is on both sides", () => {
      const position = fill("a", 1);
      const seen: (number | string)[] = [];
      fixture.onDeliver = ({ publication }) => seen.push(publication.offset);
      broker.publish(draft("a", 2), null);
      broker.join("a", options, sinceOf(position.offset, position.epoch), (answer) => {
        seen.push(`joined ${contents(answer.publications).offsets} at ${answer.position.offset}`);
      });
      broker.publish(draft("a", 3), null);
      broker.flush();
      expect(seen).toEqual([2, "joined 2 at 2", 3]);
    });

    test("[BK12] the first joiner begins the stream, and later ones and publications find its epoch", () => {
      const { position } = joined(broker, "a", options);
      expect(position).toEqual({ offset: 0, epoch: expect.stringMatching(/^[a-zA-Z]{8}$/) });
      expect(joined(broker, "a", options).position).toEqual(position);
      expect(published(broker, draft("a", 1))).toEqual({ offset: 1, epoch: position.epoch });
    });

    test("[BK13] where the channel has no stream there is no position, and nothing is ever recovered", () => {
      published(broker, draft("a", 1, { history: null }));
      const nothing = { position: { offset: 0, epoch: "" }, publications: [], recovered: false };
      expect(joined(broker, "a", null)).toEqual(nothing);
      expect(joined(broker, "a", null, sinceOf(0, ""))).toEqual(nothing);
    });
  });

  describe("recovery of a stream", () => {
    test("[BK20] all that was missed comes, ascending, and is proven", () => {
      const position = fill("a", 5);
      const answer = joined(broker, "a", options, sinceOf(2, position.epoch));
      expect(answer).toMatchObject({ position, recovered: true });
      expect(contents(answer.publications)).toEqual({ offsets: [3, 4, 5], data: [3, 4, 5] });
    });

    test("[BK21] one who missed nothing is recovered, also where nothing is kept any more", () => {
      const position = fill("a", 2);
      const since = sinceOf(2, position.epoch);
      expect(joined(broker, "a", options, since)).toEqual({ position, publications: [], recovered: true });
      fixture.clock.advance(options.ttl);
      expect(joined(broker, "a", options, since)).toEqual({ position, publications: [], recovered: true });
      expect(joined(broker, "new", options, sinceOf(0, ""))).toMatchObject({ recovered: true, publications: [] });
    });

    test("[BK22] where one of those missed has fallen out, nothing comes and nothing is claimed", () => {
      const position = fill("a", 13);
      const lost = { position, publications: [], recovered: false };
      expect(joined(broker, "a", options, sinceOf(2, position.epoch))).toEqual(lost);
      expect(contents(joined(broker, "a", options, sinceOf(3, position.epoch)).publications).offsets).toHaveLength(10);
      fixture.clock.advance(options.ttl);
      expect(joined(broker, "a", options, sinceOf(12, position.epoch))).toEqual(lost);
    });

    test("[BK23] another epoch is another stream; no epoch is taken for the same", () => {
      const position = fill("a", 3);
      const lost = { position, publications: [], recovered: false };
      expect(joined(broker, "a", options, sinceOf(2, "zzzz"))).toEqual(lost);
      expect(joined(broker, "a", options, sinceOf(3, "zzzz"))).toEqual(lost);
      const answer = joined(broker, "a", options, sinceOf(2, ""));
      expect(answer.recovered).toBe(true);
      expect(contents(answer.publications).offsets).toEqual([3]);
    });

    test("[BK24] an offset above the top has seen what is lost here: not recovered (F08)", () => {
      const position = fill("a", 5);
      const lost = { position, publications: [], recovered: false };
      expect(joined(broker, "a", options, sinceOf(6, position.epoch))).toEqual(lost);
      expect(joined(broker, "a", options, sinceOf(2 ** 53 - 1, position.epoch))).toEqual(lost);
    });

    test("[BK25] more publications or bytes than may be recovered are none", () => {
      const { epoch } = fill("a", 5);
      const recovered = (rest: object) => joined(broker, "a", options, sinceOf(2, epoch, rest)).recovered;
      expect(recovered({ publicationsMax: 3 })).toBe(true);
      expect(recovered({ publicationsMax: 2 })).toBe(false);
      expect(recovered({ bytesMax: 3 })).toBe(true);
      expect(recovered({ bytesMax: 2 })).toBe(false);
      expect(joined(broker, "a", options, sinceOf(2, epoch, { bytesMax: 2 })).publications).toEqual([]);
    });
  });

  describe("recovery of the latest", () => {
    const cache = { mode: "cache" } as const;

    test("[BK30] the latest publication alone comes, whatever was missed before it", () => {
      const position = fill("a", 13);
      for (const since of [sinceOf(0, "", cache), sinceOf(1, position.epoch, cache), sinceOf(13, "zzzz", cache)]) {
        const answer = joined(broker, "a", options, since);
        expect(answer).toMatchObject({ position, recovered: true });
        expect(contents(answer.publications).offsets).toEqual([13]);
      }
    });

    test("[BK31] one who has the latest gets nothing and is recovered, also where it is gone", () => {
      const position = fill("a", 2);
      const answer = { position, publications: [], recovered: true };
      expect(joined(broker, "a", options, sinceOf(2, position.epoch, cache))).toEqual(answer);
      fixture.clock.advance(options.ttl);
      expect(joined(broker, "a", options, sinceOf(2, position.epoch, cache))).toEqual(answer);
    });

    test("[BK32] without a latest publication nothing is recovered", () => {
      expect(joined(broker, "a", options, sinceOf(0, "", cache))).toMatchObject({ recovered: false, publications: [] });
      const { epoch } = fill("a", 2);
      fixture.clock.advance(options.ttl);
      expect(joined(broker, "a", options, sinceOf(1, epoch, cache))).toMatchObject({
        recovered: false,
        publications: [],
      });
    });

    test("[BK33] a latest publication of more bytes than may be recovered is none", () => {
      published(broker, draft("a", "123456"));
      const answer = joined(broker, "a", options, sinceOf(0, "", { ...cache, bytesMax: 7 }));
      expect(answer).toMatchObject({ recovered: false, publications: [] });
    });
  });

  describe("history", () => {
    test("[BK40] a page is as long as asked for, from either end, with the top beside it", () => {
      const { epoch } = fill("a", 5);
      const page = (filter: object) => pageOf(history(broker, "a", options, filter));
      expect(page({})).toEqual({ offsets: [1, 2, 3, 4, 5], data: [1, 2, 3, 4, 5], top: 5, epoch });
      expect(page({ limit: 2 })).toMatchObject({ offsets: [1, 2], top: 5 });
      expect(page({ limit: 2, reverse: true })).toMatchObject({ offsets: [5, 4], data: [5, 4], top: 5 });
      expect(page({ limit: -1, reverse: true }).offsets).toEqual([5, 4, 3, 2, 1]);
      expect(page({ limit: 0 })).toEqual({ offsets: [], data: [], top: 5, epoch });
      expect(page({ limit: 0, reverse: true }).offsets).toEqual([]);
      expect(page({ limit: 1e9 }).offsets).toHaveLength(5);
    });

    test("[BK41] a page since a position leaves that one out, in either direction", () => {
      const { epoch } = fill("a", 5);
      const page = (offset: number, rest = {}) =>
        pageOf(history(broker, "a", options, { since: { offset, epoch }, ...rest })).offsets;
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

    test("[BK42] a position that has fallen out gives what is left forward, and nothing backward", () => {
      const { epoch } = fill("a", 13);
      const page = (offset: number, reverse: boolean) =>
        pageOf(history(broker, "a", options, { since: { offset, epoch }, reverse, limit: 3 })).offsets;
      expect(page(1, false)).toEqual([4, 5, 6]);
      expect(page(3, false)).toEqual([4, 5, 6]);
      expect(page(3, true)).toEqual([]);
      expect(page(5, true)).toEqual([4]);
    });

    test("[BK43] another epoch is error 112, no epoch is none, and backward from 0 is error 107", () => {
      fill("a", 2);
      const asked = (offset: number, epoch: string, reverse = false) =>
        history(broker, "a", options, { since: { offset, epoch }, reverse });
      expect(asked(1, "zzzz")).toMatchObject({ ok: false, error: { code: 112 } });
      expect(pageOf(asked(1, "")).offsets).toEqual([2]);
      expect(asked(0, "", true)).toMatchObject({ ok: false, error: { code: 107 } });
    });

    test("[BK44] the history of an unknown channel is empty, and its epoch holds from then on", () => {
      const { epoch, ...rest } = pageOf(history(broker, "a", options));
      expect(rest).toEqual({ offsets: [], data: [], top: 0 });
      expect(published(broker, draft("a", 1))).toEqual({ offset: 1, epoch });
    });

    test("[BK45] removing a history keeps the position, and begins no stream where there is none", () => {
      const position = fill("a", 3);
      expect(removed(broker, "a", options)).toBeNull();
      expect(pageOf(history(broker, "a", options))).toEqual({ offsets: [], data: [], top: 3, epoch: position.epoch });
      expect(published(broker, draft("a", 4))).toEqual({ offset: 4, epoch: position.epoch });
      expect(pageOf(history(broker, "a", options)).offsets).toEqual([4]);
      expect(removed(broker, "b", options)).toBeNull();
      expect(broker.top("b", options)).toBeNull();
    });
  });

  describe("bounds of a stream", () => {
    test("[BK50] no more publications are kept than its size, the latest ones", () => {
      for (const size of [1, 2, 33, 100]) {
        const own = { ...options, size };
        fill(`a${size}`, 230, own);
        const { offsets, top } = pageOf(history(broker, `a${size}`, own));
        expect(offsets).toEqual(Array.from({ length: size }, (_, index) => 231 - size + index));
        expect(top).toBe(230);
      }
    });

    test("[BK51] a smaller size holds from the next publish on", () => {
      fill("a", 8);
      const smaller = { ...options, size: 3 };
      expect(pageOf(history(broker, "a", smaller)).offsets).toHaveLength(8);
      published(broker, draft("a", 9, { history: smaller }));
      expect(pageOf(history(broker, "a", smaller)).offsets).toEqual([7, 8, 9]);
    });

    test("[BK52] all publications go at once, a time to live after the last publish; the position stays", () => {
      const position = fill("a", 2);
      fixture.clock.advance(options.ttl - 1);
      expect(pageOf(history(broker, "a", options)).offsets).toEqual([1, 2]);
      published(broker, draft("a", 3));
      fixture.clock.advance(options.ttl - 1);
      expect(pageOf(history(broker, "a", options)).offsets).toEqual([1, 2, 3]);
      fixture.clock.advance(1);
      expect(pageOf(history(broker, "a", options))).toMatchObject({ offsets: [], top: 3, epoch: position.epoch });
      expect(published(broker, draft("a", 4))).toEqual({ offset: 4, epoch: position.epoch });
      expect(pageOf(history(broker, "a", options)).offsets).toEqual([4]);
    });

    test("[BK53] the stream is forgotten a meta time to live after the last publish or read", () => {
      const { epoch } = fill("a", 1);
      const almost = () => fixture.clock.advance(options.metaTtl - 1);
      almost();
      expect(pageOf(history(broker, "a", options))).toMatchObject({ top: 1, epoch });
      almost();
      expect(joined(broker, "a", options).position).toEqual({ offset: 1, epoch });
      almost();
      expect(published(broker, draft("a", 2))).toEqual({ offset: 2, epoch });
      fixture.clock.advance(options.metaTtl);
      expect(broker.top("a", options)).toBeNull();
      const anew = published(broker, draft("a", 3));
      expect(anew.offset).toBe(1);
      expect(anew.epoch).not.toBe(epoch);
      expect(joined(broker, "a", options, sinceOf(1, epoch))).toMatchObject({ recovered: false, position: anew });
    });

    test("[BK54] the top is told without renewing the stream and without beginning one", () => {
      expect(broker.top("a", options)).toBeNull();
      const position = fill("a", 2);
      fixture.clock.advance(options.metaTtl - 1);
      expect(broker.top("a", options)).toEqual(position);
      fixture.clock.advance(1);
      expect(broker.top("a", options)).toBeNull();
    });

    test("[BK55] a wall clock that is put right ends nothing and prolongs nothing (F14)", () => {
      const position = fill("a", 2);
      fixture.clock.jump(3_600_000);
      expect(pageOf(history(broker, "a", options))).toMatchObject({ offsets: [1, 2], epoch: position.epoch });
      fixture.clock.jump(-7_200_000);
      expect(pageOf(history(broker, "a", options)).offsets).toEqual([1, 2]);
      fixture.clock.advance(options.ttl);
      expect(pageOf(history(broker, "a", options)).offsets).toEqual([]);
    });

    test("[BK56] sweeping changes nothing that could be asked for", () => {
      const position = fill("a", 3);
      fill("b", 3);
      broker.sweep();
      fixture.clock.advance(options.ttl);
      for (let n = 0; n < 5; n++) broker.sweep();
      expect(pageOf(history(broker, "a", options))).toMatchObject({ offsets: [], top: 3, epoch: position.epoch });
      fixture.clock.advance(options.metaTtl);
      for (let n = 0; n < 5; n++) broker.sweep();
      expect(broker.top("a", options)).toBeNull();
      expect(published(broker, draft("b", 1)).offset).toBe(1);
    });
  });

  describe("a publish that is repeated", () => {
    const keyed = (channel: string, value: unknown, rest = {}) =>
      draft(channel, value, { idempotencyKey: "k", ...rest });

    test("[BK60] the same key has one effect and one outcome, also with another payload (T55)", () => {
      const first = published(broker, keyed("a", 1));
      expect(published(broker, draft("a", 2)).offset).toBe(2);
      expect(published(broker, keyed("a", 1))).toEqual(first);
      expect(published(broker, keyed("a", "another"))).toEqual(first);
      expect(fixture.delivered).toHaveLength(2);
      expect(pageOf(history(broker, "a", options)).data).toEqual([1, 2]);
    });

    test("[BK61] two in one turn with the same key are one", () => {
      const positions: unknown[] = [];
      for (let n = 0; n < 2; n++)
        broker.publish(keyed("a", n), (outcome) => positions.push(outcome.ok && outcome.position.offset));
      broker.flush();
      expect(positions).toEqual([1, 1]);
      expect(fixture.delivered).toHaveLength(1);
    });

    test("[BK62] keys are told apart by channel and by every letter, however long", () => {
      published(broker, keyed("a", 1));
      expect(published(broker, keyed("b", 1))).toMatchObject({ offset: 1 });
      expect(published(broker, keyed("a", 2, { idempotencyKey: "K" })).offset).toBe(2);
      expect(published(broker, keyed("a:k", 1, { idempotencyKey: "x" })).offset).toBe(1);
      expect(published(broker, keyed("a", 3, { idempotencyKey: ":kx" })).offset).toBe(3);
      const long = "x".repeat(5_000);
      expect(published(broker, keyed("a", 4, { idempotencyKey: `${long}1` })).offset).toBe(4);
      expect(published(broker, keyed("a", 5, { idempotencyKey: `${long}2` })).offset).toBe(5);
      expect(published(broker, keyed("a", 6, { idempotencyKey: `${long}2` })).offset).toBe(5);
    });

    test("[BK63] a key holds for five minutes", () => {
      published(broker, keyed("a", 1));
      fixture.clock.advance(299_999);
      expect(published(broker, keyed("a", 2)).offset).toBe(1);
      fixture.clock.advance(1);
      expect(published(broker, keyed("a", 3)).offset).toBe(2);
    });

    test("[BK64] keys hold where nothing is kept, and between what is kept and what is not", () => {
      const nowhere = { offset: 0, epoch: "" };
      expect(published(broker, keyed("a", 1, { history: null }))).toEqual(nowhere);
      expect(published(broker, keyed("a", 1))).toEqual(nowhere);
      expect(fixture.delivered).toHaveLength(1);
    });
  });

  describe("a publish with a version", () => {
    const versioned = (version: number, versionEpoch?: string) =>
      draft("a", version, versionEpoch === undefined ? { version } : { version, versionEpoch });

    test("[BK70] a version not above the last one is answered with the top, and neither delivered nor kept", () => {
      const first = published(broker, versioned(2));
      expect(published(broker, versioned(2))).toEqual(first);
      expect(published(broker, versioned(1))).toEqual(first);
      expect(published(broker, versioned(3))).toEqual({ ...first, offset: 2 });
      expect(fixture.delivered.map(({ publication }) => publication.offset)).toEqual([1, 2]);
    });

    test("[BK71] a publish without a version is news, and what comes after it too", () => {
      published(broker, versioned(5));
      expect(published(broker, draft("a", 0)).offset).toBe(2);
      expect(published(broker, versioned(1)).offset).toBe(3);
    });

    test("[BK72] versions of different epochs are not compared; an empty epoch compares with any", () => {
      published(broker, versioned(5, "x"));
      expect(published(broker, versioned(4, "y")).offset).toBe(2);
      expect(published(broker, versioned(4, "y")).offset).toBe(2);
      expect(published(broker, versioned(3)).offset).toBe(2);
      expect(published(broker, versioned(5)).offset).toBe(3);
    });

    test("[BK73] a version lives as long as its stream: removing the history keeps it", () => {
      published(broker, versioned(5));
      removed(broker, "a", options);
      expect(published(broker, versioned(5)).offset).toBe(1);
      fixture.clock.advance(options.metaTtl);
      expect(fixture.delivered).toHaveLength(1);
      published(broker, versioned(5));
      expect(fixture.delivered).toHaveLength(2);
    });

    test("[BK74] what is no news renews both times to live, and uses up no key", () => {
      published(broker, versioned(5));
      fixture.clock.advance(options.ttl - 1);
      published(broker, { ...versioned(5), idempotencyKey: "k" });
      fixture.clock.advance(options.ttl - 1);
      expect(pageOf(history(broker, "a", options)).offsets).toEqual([1]);
      expect(published(broker, { ...versioned(6), idempotencyKey: "k" }).offset).toBe(2);
    });

    test("[BK75] no number breaks anything", () => {
      for (const version of [Number.MAX_SAFE_INTEGER, 1e300, Number.POSITIVE_INFINITY, -1, 0.5, Number.NaN]) {
        expect(publish(broker, versioned(version)).ok).toBe(true);
      }
    });
  });

  describe("what goes wrong around it", () => {
    test("[BK80] a publication that `deliver` throws on is counted and told, and the others go on (F19)", () => {
      fixture.onDeliver = ({ publication }) => {
        if (publication.offset === 2) throw new Error("poison");
      };
      const outcomes: boolean[] = [];
      for (let n = 1; n <= 3; n++) broker.publish(draft("a", n), ({ ok }) => outcomes.push(ok));
      broker.flush();
      expect(outcomes).toEqual([true, true, true]);
      expect(fixture.delivered.map(({ publication }) => publication.offset)).toEqual([1, 2, 3]);
      expect(broker.counts.poisoned).toBe(1);
      expect(fixture.captured.count("broker.poisoned")).toBe(1);
    });

    test("[BK81] poison in what is not kept stops nothing either, and a thousand of it are one line a second", () => {
      fixture.onDeliver = () => {
        throw new Error("poison");
      };
      for (let n = 0; n < 1_000; n++) broker.publish(draft("a", n, { history: null }), null);
      expect(broker.counts.poisoned).toBe(1_000);
      expect(fixture.captured.count("broker.poisoned")).toBe(1);
      fixture.clock.advance(1_000);
      broker.publish(draft("a", 0, { history: null }), null);
      expect(fixture.captured.count("broker.poisoned")).toBe(2);
    });

    test("[BK82] a callback that throws stops nothing", () => {
      const boom = () => {
        throw new Error("boom");
      };
      broker.publish(draft("a", 1), boom);
      broker.publish(draft("a", 2), boom);
      broker.flush();
      broker.join("a", options, null, boom);
      broker.history("a", options, { limit: 1, since: null, reverse: false }, boom);
      broker.historyRemove("b", options, boom);
      expect(broker.counts.poisoned).toBe(5);
      expect(fixture.delivered).toHaveLength(2);
    });

    test("[BK83] what `deliver` asks for is done when it is through, so that nothing passes it", () => {
      const seen: string[] = [];
      fixture.onDeliver = ({ publication }) => {
        seen.push(`deliver ${JSON.stringify(contents([publication]).data[0])}`);
        if (publication.data.kind === "json" && publication.data.json === "1") {
          broker.publish(draft("a", 2), () => seen.push("done 2"));
          broker.publish(draft("a", 3, { history: null }), () => seen.push("done 3"));
          broker.join("a", options, null, ({ position }) => seen.push(`joined at ${position.offset}`));
          broker.flush();
        }
        seen.push("delivered");
      };
      broker.publish(draft("a", 1), () => seen.push("done 1"));
      broker.flush();
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

    test("[BK84] what an answer asks for comes after all that was committed before", () => {
      const seen: string[] = [];
      fixture.onDeliver = ({ publication }) => seen.push(`deliver ${contents([publication]).data[0]}`);
      broker.publish(draft("a", 1), () => {
        broker.join("a", options, sinceOf(0, ""), (answer) =>
          seen.push(`joined with ${contents(answer.publications).data}`),
        );
        broker.publish(draft("a", 9, { history: null }), null);
      });
      broker.publish(draft("a", 2), null);
      broker.flush();
      const joinedAt = seen.findIndex((line) => line.startsWith("joined"));
      const before = seen.slice(0, joinedAt).filter((line) => line.startsWith("deliver")).length;
      expect(seen[joinedAt]).toBe(`joined with ${[1, 2].slice(0, before)}`);
      expect(seen.filter((line) => line.startsWith("deliver"))).toHaveLength(3);
    });

    test("[BK85] the one socket that is left out is named to `deliver`, and its publication is kept like any", () => {
      const exclude = { dialect: "plain" } as never;
      published(broker, draft("a", 1, { exclude }));
      published(broker, draft("a", 2, { exclude, history: null }));
      expect(fixture.delivered.map((one) => one.exclude)).toEqual([exclude, exclude]);
      expect(pageOf(history(broker, "a", options)).data).toEqual([1]);
    });
  });
}
