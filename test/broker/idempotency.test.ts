import { describe, expect, test } from "bun:test";
import { IdempotencyKeys } from "../../src/broker/local/idempotency.ts";
import { MemoryStore } from "../../src/broker/local/memory.ts";
import { errors } from "../../src/core/errors.ts";
import { draftOf, fixtureOf, fixtureParts, publish } from "./fixture.ts";

describe("the bounds of idempotency keys", () => {
  const draft = (key: string) => draftOf("a", key, { idempotencyKey: key });
  const open = (idempotencyBytesMax: number) => {
    const parts = fixtureParts();
    const memory = new MemoryStore(parts.clock, parts.random);
    return fixtureOf(() => ({ memory, sqlite: memory }), parts, idempotencyBytesMax);
  };

  test("[BK163] a key is remembered for the whole window, and over the bound a keyed publish is error 106 (T55)", () => {
    const { broker, clock, delivered } = open(100_000);
    let count = 0;
    while (publish(broker, draft(`key ${count} ${"x".repeat(5_000)}`)).ok) count++;
    expect(count).toBe(347);
    expect(publish(broker, draft("one more"))).toEqual({ ok: false, error: errors.limitExceeded });
    for (let n = 0; n < count; n++) expect(publish(broker, draft(`key ${n} ${"x".repeat(5_000)}`)).ok).toBe(true);
    expect(publish(broker, draftOf("a", "without a key")).ok).toBe(true);
    expect(delivered).toHaveLength(count + 1);
    clock.advance(299_999);
    expect(publish(broker, draft("one more")).ok).toBe(false);
    clock.advance(1);
    expect(publish(broker, draft("one more")).ok).toBe(true);
    expect(broker.counts.overKeys).toBe(3);
  });

  test("keys that are over are given back", () => {
    const { clock } = fixtureParts();
    const keys = new IdempotencyKeys(clock, 1e6);
    for (let n = 0; n < 500; n++) keys.keep(`key ${n}`, { offset: n, epoch: "e" }, 300_000);
    clock.advance(299_999);
    keys.sweep();
    expect(keys.size).toBe(500);
    clock.advance(1);
    keys.sweep();
    expect(keys.size).toBe(0);
  });
});
