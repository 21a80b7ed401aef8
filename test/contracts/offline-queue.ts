import { expect, test } from "bun:test";
import type { Payload } from "../../src/core/payload.ts";
import type { OfflineQueue, PutOutcome } from "../../src/messages/offline-queue.ts";
import type { ManualClock } from "../support/clock.ts";

const minute = 60_000;

const json = (value: unknown) => ({ kind: "json", json: JSON.stringify(value) }) as const;

/** A queue that keeps two messages of a user, each for an hour at most. */
export interface QueueFixture {
  readonly queue: OfflineQueue;
  readonly clock: ManualClock;
  close(): void;
}

/** What every queue of offline messages has to do, whether it answers at once or later; called within a `describe`. */
export function offlineQueueContract(create: () => QueueFixture): void {
  test("messages are given once, in their order, to their user alone, as they came", async () => {
    const { queue, clock, close } = create();
    const expiresAt = clock.wall() + minute;
    const sent: Payload[] = [json({ a: "é\n" }), { kind: "text", text: "hello\0 \u{1f600}" }];
    const kept = sent.map((payload) => queue.put("ann", payload, { expiresAt }));
    expect(await Promise.all(kept)).toEqual(["kept", "kept"]);
    await queue.put("bob", json("for bob"), { expiresAt });
    expect(await queue.take("eve")).toEqual([]);
    expect([await queue.has("ann"), await queue.has("eve")]).toEqual([true, false]);
    expect(await queue.take("ann")).toEqual(sent);
    expect(await queue.take("ann")).toEqual([]);
    expect(await queue.take("bob")).toEqual([json("for bob")]);
    close();
  });

  test("taken at the same time, a message is given once", async () => {
    const { queue, clock, close } = create();
    await queue.put("ann", json(1), { expiresAt: clock.wall() + minute });
    const taken = await Promise.all([queue.take("ann"), queue.take("ann")]);
    expect(taken.flat()).toEqual([json(1)]);
    close();
  });

  test("as much is taken as reaches the bytes that were asked for, at least one", async () => {
    const { queue, clock, close } = create();
    const expiresAt = clock.wall() + minute;
    await queue.put("ann", json("x".repeat(100)), { expiresAt });
    await queue.put("ann", json(2), { expiresAt });
    expect(await queue.take("ann", 1)).toHaveLength(1);
    expect(await queue.take("ann", 1)).toEqual([json(2)]);
    close();
  });

  test("what is too much, too large or over is refused, and what was kept stays", async () => {
    const { queue, clock, close } = create();
    const put = (payload: Payload, ms: number) => queue.put("ann", payload, { expiresAt: clock.wall() + ms });
    const outcomes: PutOutcome[] = [];
    for (const [payload, ms] of [
      [json(1), 10],
      [json(2), minute],
      [json(3), minute],
      [json("x".repeat(65_536)), minute],
      [json(4), 0],
    ] as const) {
      outcomes.push(await put(payload, ms));
    }
    expect(outcomes).toEqual(["kept", "kept", "limit", "too_large", "expired"]);
    clock.advance(10);
    expect(await queue.take("ann")).toEqual([json(2)]);
    close();
  });

  test("a key is answered as the first time, for five minutes", async () => {
    const { queue, clock, close } = create();
    expect(await queue.recall("k")).toEqual({ state: "new" });
    expect([await queue.remember("k", "first"), await queue.remember("k", "second")]).toEqual(["kept", "kept"]);
    const remember = { key: "with", answer: "a message" };
    await queue.put("ann", json(1), { expiresAt: clock.wall() + minute, remember });
    clock.advance(5 * minute - 1);
    expect(await queue.recall("k")).toEqual({ state: "answered", answer: "first" });
    expect(await queue.recall("with")).toEqual({ state: "answered", answer: "a message" });
    clock.advance(1);
    expect(await queue.recall("k")).toEqual({ state: "new" });
    close();
  });
}
