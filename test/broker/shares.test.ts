import { afterAll, describe, expect, test } from "bun:test";
import { keptBytes } from "../../src/broker/local/kept-size.ts";
import { MemoryStore } from "../../src/broker/local/memory.ts";
import { errors } from "../../src/core/errors.ts";
import {
  draftOf,
  fixtureOf,
  fixtureParts,
  freshFolder,
  kept,
  publish,
  published,
  removed,
  sqliteFixture,
} from "./fixture.ts";

/** What an account may take, on either store. */
describe.each(["memory", "sqlite"] as const)("the shares of accounts in %s", (engine) => {
  const folder = freshFolder();
  let files = 0;
  afterAll(folder.remove);
  const options = kept(engine);
  const ann = { id: "user:ann", share: 0.1 };
  const bob = { id: "user:bob", share: 0.1 };
  const tooMuch = { ok: false as const, error: errors.limitExceeded };

  const open = (bounds: { streamsMax: number; bytesMax: number }) => {
    if (engine === "sqlite") return sqliteFixture(`${folder.path}/${++files}.db`, bounds);
    const parts = fixtureParts();
    const memory = new MemoryStore(parts.clock, parts.random, bounds);
    return fixtureOf(() => ({ memory, sqlite: memory }), parts);
  };
  const draft = (channel: string, value: unknown, rest = {}) => draftOf(channel, value, { history: options, ...rest });

  test("[BK162] over its share of streams an account gets error 106, and others go on", async () => {
    const { broker, clock } = open({ streamsMax: 100, bytesMax: 1e9 });
    for (let n = 0; n < 5; n++) published(broker, draft(`ann ${n}`, n, { account: ann }));
    for (let n = 5; n < 10; n++) broker.join(`ann ${n}`, options, null, (joined) => expect(joined).not.toBeNull(), ann);
    expect(publish(broker, draft("ann 10", 1, { account: ann }))).toEqual(tooMuch);
    broker.join("ann 10", options, null, (...given) => expect<unknown>(given).toEqual([null, tooMuch.error]), ann);
    const page = { limit: 0, since: null, reverse: false };
    broker.history("ann 10", options, { ...page, account: ann }, (outcome) => expect(outcome).toEqual(tooMuch));
    // What is there it may use, and what others have begun.
    expect(published(broker, draft("ann 0", 1, { account: ann })).offset).toBe(2);
    expect(published(broker, draft("bob 0", 1, { account: bob })).offset).toBe(1);
    expect(published(broker, draft("bob 0", 1, { account: ann })).offset).toBe(2);
    expect(broker.counts).toMatchObject({ overShare: 3, overBound: 0 });
    // A stream belongs to who publishes first.
    expect(published(broker, draft("ann 9", 1, { account: bob })).offset).toBe(1);
    expect(published(broker, draft("ann 10", 1, { account: ann })).offset).toBe(1);
    clock.advance(options.metaTtl);
    for (let n = 0; n < 3; n++) broker.sweep();
    for (let n = 20; n < 30; n++) expect(publish(broker, draft(`ann ${n}`, 1, { account: ann })).ok).toBe(true);
    await broker.close();
  });

  test("[BK162] over its share of bytes an account gets error 106 until something of it goes", async () => {
    const { broker, clock, captured } = open({ streamsMax: 100, bytesMax: 1_000_000 });
    const text = "x".repeat(9_998 - keptBytes);
    const full = kept(engine, { size: 5 });
    const publishAs = (account: typeof ann, channel: string) =>
      publish(broker, draftOf(channel, text, { history: full, account }));
    for (let n = 0; n < 10; n++) expect(publishAs(ann, n < 5 ? "full" : "other").ok).toBe(true);
    expect(publishAs(ann, "more")).toEqual(tooMuch);
    // Its own oldest goes for it.
    expect(publishAs(ann, "full").ok).toBe(true);
    expect(publishAs(bob, "full").ok).toBe(true);
    expect(publishAs(ann, "more").ok).toBe(true);
    expect(publishAs(ann, "more")).toEqual(tooMuch);
    clock.advance(full.ttl);
    for (let n = 0; n < 3; n++) broker.sweep();
    for (let n = 0; n < 10; n++) expect(publishAs(ann, `later ${n % 2}`).ok).toBe(true);
    expect(captured.count("broker.refused")).toBe(1);
    await broker.close();
  });

  test("[BK162] no account is charged for what another publishes into the same channel", async () => {
    const { broker } = open({ streamsMax: 100, bytesMax: 1_000_000 });
    const large = "x".repeat(10_000);
    const history = kept(engine, { size: 100 });
    for (let n = 0; n < 8; n++) published(broker, draft("shared", large, { account: ann, history }));
    for (let n = 0; n < 70; n++) published(broker, draft("shared", n, { account: n % 2 === 0 ? bob : ann, history }));
    expect(publish(broker, draft("ann", large.repeat(2), { account: ann }))).toEqual(tooMuch);
    for (let n = 0; n < 9; n++) expect(publish(broker, draft("bob", large, { account: bob })).ok).toBe(true);
    expect(publish(broker, draft("bob", large, { account: bob }))).toEqual(tooMuch);
    // What is gone is given back to whom it was charged.
    removed(broker, "shared", history);
    for (let n = 0; n < 9; n++) expect(publish(broker, draft("ann", large, { account: ann })).ok).toBe(true);
    await broker.close();
  });

  test("[BK162] tags and infos are bytes of the share", async () => {
    const long = "x".repeat(40_000);
    for (const rest of [{ tags: { long } }, { info: { user: "ann", client: "1", chanInfo: `"${long}"` } }]) {
      const { broker } = open({ streamsMax: 100, bytesMax: 1_000_000 });
      const publishOne = () => publish(broker, draft("a", 1, { account: ann, ...rest }));
      expect([publishOne().ok, publishOne().ok]).toEqual([true, true]);
      expect(publishOne()).toEqual(tooMuch);
      await broker.close();
    }
  });
});
