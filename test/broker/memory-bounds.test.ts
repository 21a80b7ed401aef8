import { describe, expect, test } from "bun:test";
import { keptBytes } from "../../src/broker/local/kept-size.ts";
import { MemoryStore } from "../../src/broker/local/memory.ts";
import { errors } from "../../src/core/errors.ts";
import {
  askedToJoin,
  draftOf,
  fixtureOf,
  fixtureParts,
  history,
  joined,
  kept,
  pageOf,
  publish,
  published,
  removed,
} from "./fixture.ts";

describe("the bounds of memory", () => {
  const options = kept("memory");
  const limited = (streamsMax: number, bytesMax: number) => {
    const parts = fixtureParts();
    const store = new MemoryStore(parts.clock, parts.random, { streamsMax, bytesMax });
    return { ...fixtureOf(() => ({ memory: store, sqlite: store }), parts), store };
  };
  const draft = (channel: string, value: unknown) => draftOf(channel, value, { history: options });

  test("[BK160] over the bound of streams those without a publication go first, then those that keep none (T47)", () => {
    const { broker, store, clock } = limited(100, 1e9);
    const early = kept("memory", { ttl: 1_000 });
    for (let n = 0; n < 50; n++) published(broker, draft(`kept ${n}`, n));
    for (let n = 0; n < 5_000; n++) joined(broker, `name ${n}`, options);
    expect(store.size).toBe(100);
    expect(broker.top("name 4999", options)).not.toBeNull();
    for (let n = 0; n < 50; n++) published(broker, draftOf(`early ${n}`, n, { history: early }));
    const bound = { ok: false as const, error: errors.internal };
    expect(publish(broker, draft("one more", 1))).toEqual(bound);
    expect(askedToJoin(broker, "one more", options)).toBeNull();
    expect(history(broker, "one more", options)).toEqual(bound);
    for (let n = 0; n < 50; n++) expect(pageOf(history(broker, `kept ${n}`, options)).data).toEqual([n]);
    expect(broker.counts).toMatchObject({ overBound: 3, overShare: 0 });
    clock.advance(1_000);
    expect(published(broker, draft("one more", 1)).offset).toBe(1);
    expect(store.size).toBe(100);
  });

  test("[BK161] over the bound of bytes a publish is refused, and nothing that is kept goes", () => {
    const { broker, store, clock } = limited(1_000, 100_000);
    const early = kept("memory", { ttl: 1_000 });
    published(broker, draftOf("early", "x".repeat(998 - keptBytes), { history: early }));
    const full = kept("memory", { size: 2 });
    for (let n = 0; n < 2; n++) published(broker, draftOf("full", "x".repeat(998 - keptBytes), { history: full }));
    let count = 0;
    while (publish(broker, draft(`name ${count}`, "x".repeat(998 - keptBytes))).ok) count++;
    expect([count, store.bytes]).toEqual([97, 100_000]);
    // One that takes the place of another as large is no growth.
    expect(published(broker, draftOf("full", "x".repeat(998 - keptBytes), { history: full })).offset).toBe(3);
    expect(publish(broker, draftOf("full", "x".repeat(999 - keptBytes), { history: full })).ok).toBe(false);
    expect(pageOf(history(broker, "name 0", options)).offsets).toEqual([1]);
    clock.advance(1_000);
    expect(published(broker, draft("name 1", "x".repeat(998 - keptBytes))).offset).toBe(2);
  });

  test("[BK161] every byte that a publication keeps counts, and what it takes beside them", () => {
    const { broker, store } = limited(1_000, 1e9);
    const grown = (rest: object) => {
      const before = store.bytes;
      published(broker, { ...draft("a", 1), ...rest });
      return store.bytes - before;
    };
    expect(grown({})).toBeGreaterThan(100);
    const long = "x".repeat(5_000);
    const info = { user: "ann", client: "1", connInfo: `"${long}"` };
    for (const rest of [{ tags: { [long]: "" } }, { tags: { k: long } }, { info }]) {
      expect(grown(rest)).toBeGreaterThan(5_000);
    }
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`k${n}`, ""]));
    expect(grown({ tags: many })).toBeGreaterThan(100 * 100);
    removed(broker, "a", options);
    expect(store.bytes).toBe(0);
  });

  test("bytes are counted right: nothing is left of them when all is gone", () => {
    const { broker, store, clock } = limited(1_000, 1e9);
    for (let n = 0; n < 100; n++) published(broker, draft(`name ${n % 3}`, "x".repeat(n)));
    removed(broker, "name 0", options);
    clock.advance(options.metaTtl);
    broker.sweep();
    expect([store.size, store.bytes]).toEqual([0, 0]);
  });

  test("a sweep looks at a bounded number of streams, and sweeps give back all", () => {
    const { broker, store, clock } = limited(10_000, 1e9);
    for (let n = 0; n < 2_500; n++) joined(broker, `name ${n}`, options);
    clock.advance(options.metaTtl);
    const sizes = Array.from({ length: 3 }, () => {
      broker.sweep();
      return store.size;
    });
    expect(sizes).toEqual([1_500, 500, 0]);
  });
});
