import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { seconds } from "../../src/core/time.ts";
import { unsubscribes } from "../../src/core/unsubscribes.ts";
import { CentrifugeProbe, pub } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { HeldTokens } from "../support/held-tokens.ts";
import { startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import type { TestServer } from "../support/server.ts";
import { tellUser } from "../support/tell.ts";

setDefaultTimeout(testTimeout);

/** Of one connection, while a token of it is looked at. */
const heldMax = { commands: 1_024, bytes: 131_072 };

const ann = tokenFor({ sub: "ann" });
const annIn = (channel: string, claims = {}) => tokenFor({ sub: "ann", channel, ...claims });
const nothing = { expireAt: null, since: null };

/** A server on which nobody's token is looked at until the test says so. */
async function start(config: Parameters<typeof startOpenServer>[0] = {}) {
  const clock = new ManualClock();
  const tokens = new HeldTokens();
  const server = await startOpenServer(config, { clock, replace: { authenticator: tokens.authenticator } });
  /** Connects with Ann's token, which is not held. */
  const connect = async () => {
    const probe = await CentrifugeProbe.open(server.ws);
    probe.send({ id: 1, connect: { token: ann } });
    (await tokens.next()).release();
    await probe.take(1);
    return probe;
  };
  return { server, clock, tokens, connect, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const serverSubscribe = (server: TestServer, channel: string) =>
  tellUser(server, "ann", { type: "hub.subscribe", request: { channel, ...nothing } });

const serverUnsubscribe = (server: TestServer, channel: string) =>
  tellUser(server, "ann", { type: "hub.unsubscribe", channel, unsubscribe: unsubscribes.server });

describe("while a token is looked at", () => {
  test("[SU10] commands wait their turn, and are answered in order behind it", async () => {
    await using stage = await start();
    const { server, tokens, connect } = stage;
    using probe = await connect();
    probe.send({ id: 2, subscribe: { channel: "a", token: annIn("a") } });
    probe.send({ id: 3, publish: { channel: "a", data: 1 } }, { id: 4, unsubscribe: { channel: "a" } });
    probe.send({ id: 5, subscribe: { channel: "a", token: annIn("a") } }, { id: 6, rpc: { method: "x" } });
    const first = await tokens.next();
    expect(await probe.rest()).toEqual([]);
    first.release();
    const second = await tokens.next();
    expect((await probe.take(4)).map((heard) => ("id" in heard ? heard["id"] : heard))).toEqual([
      2,
      pub("a", { data: 1, offset: 1, epoch: expect.any(String), info: { user: "ann", client: probe.client } }),
      3,
      4,
    ]);
    expect(await probe.rest()).toEqual([]);
    second.release();
    expect((await probe.take(2)).map((heard) => ("id" in heard ? heard["id"] : heard))).toEqual([5, 6]);
    expect(server.node.counters.crashes).toBe(0);
  });

  test("what came before the connection was let in is done after it was, in order", async () => {
    await using stage = await start();
    const { server, tokens } = stage;
    using probe = await CentrifugeProbe.open(server.ws);
    probe.send({ id: 1, connect: { token: ann } }, { id: 2, subscribe: { channel: "a" } });
    probe.send({ id: 3, publish: { channel: "a", data: 1 } }, "this is not JSON");
    const held = await tokens.next();
    expect(await probe.rest()).toEqual([]);
    held.release();
    const heard = await probe.take(5);
    expect(heard.map((each) => ("id" in each ? each["id"] : Object.keys(each)[0]))).toEqual([
      1,
      2,
      "push",
      3,
      "closed",
    ]);
    expect(heard[4]).toEqual({ closed: { code: 3501, reason: "bad request" } });
  });

  test("pings go out and pongs are taken, so that a slow key set costs no connection", async () => {
    const {
      server: open,
      clock,
      tokens,
      connect,
    } = await start({ client: { ping_interval: "2s", pong_timeout: "1s" } });
    await using server = open;
    using probe = await connect();
    probe.send({ id: 2, refresh: { token: ann } });
    const held = await tokens.next();
    for (let tick = 0; tick < 200; tick += 1) {
      clock.advance(50);
      server.node.sweep();
      await probe.fence();
    }
    held.release();
    expect(await probe.take(1)).toEqual([{ id: 2, refresh: {} }]);
  });

  test("[SU13] no more than so many commands wait: then the connection is closed with 3013", async () => {
    await using stage = await start();
    const { tokens, connect } = stage;
    using probe = await connect();
    const commands = Array.from({ length: heldMax.commands }, (_, index) => ({
      id: index + 3,
      rpc: { method: "x" },
    }));
    probe.send({ id: 2, subscribe: { channel: "a", token: annIn("a") } });
    // In frames of as many commands as one may hold.
    while (commands.length > 0) probe.send(...commands.splice(0, 256));
    const held = await tokens.next();
    expect(await probe.rest()).toEqual([]);
    probe.send({ id: 9_999, rpc: { method: "x" } });
    expect(await probe.closed()).toEqual({ code: 3013, reason: "too many requests" });
    held.release();
  });

  test("nor so many bytes of them", async () => {
    await using stage = await start();
    const { tokens, connect } = stage;
    using probe = await connect();
    const big = { publish: { channel: "a", data: "x".repeat(heldMax.bytes / 3) } };
    probe.send({ id: 2, subscribe: { channel: "a", token: annIn("a") } });
    await tokens.next();
    probe.send({ id: 3, ...big });
    probe.send({ id: 4, ...big });
    expect(await probe.rest()).toEqual([]);
    probe.send({ id: 5, ...big });
    expect(await probe.closed()).toEqual({ code: 3013, reason: "too many requests" });
  });

  test("[SU15] who goes away meanwhile leaves nothing behind", async () => {
    await using stage = await start();
    const { server, tokens, connect } = stage;
    using witness = await connect();
    await witness.subscribe("a", { join_leave: true });
    await witness.take(1);
    const probe = await connect();
    probe.send({ id: 2, subscribe: { channel: "a", token: annIn("a") } });
    const held = await tokens.next();
    await probe.close();
    held.release();
    await witness.fence();
    const stats = await witness.ask("presence_stats", { channel: "a" });
    expect(stats["presence_stats"]).toEqual({ num_clients: 1, num_users: 1 });
    expect(server.node.subscribers.count("a")).toBe(1);
    expect(server.node.counters.crashes).toBe(0);
  });
});

describe("a late answer", () => {
  test("[SU16] to a subscribe does not touch a subscription that the server made meanwhile: error 105", async () => {
    await using stage = await start();
    const { server, tokens, connect } = stage;
    using probe = await connect();
    probe.send({ id: 2, subscribe: { channel: "a", token: annIn("a", { exp: 4_000_000_000 }) } });
    const held = await tokens.next();
    serverSubscribe(server, "a");
    expect(await probe.take(1)).toMatchObject([{ push: { channel: "a", subscribe: { recoverable: true } } }]);
    held.release();
    expect(await probe.take(1)).toMatchObject([{ id: 2, error: { code: 105 } }]);
    // It is the server's still: the client cannot refresh it.
    probe.send({ id: 3, sub_refresh: { channel: "a", token: annIn("a") } });
    expect(await probe.closed()).toEqual({ code: 3501, reason: "bad request" });
  });

  test("to a subscribe does not go over the limit that the server has filled meanwhile: error 106", async () => {
    await using stage = await start({ client: { channel_limit: 1 } });
    const { server, tokens, connect } = stage;
    using probe = await connect();
    probe.send({ id: 2, subscribe: { channel: "a", token: annIn("a") } });
    const held = await tokens.next();
    serverSubscribe(server, "b");
    await probe.take(1);
    held.release();
    expect(await probe.take(1)).toMatchObject([{ id: 2, error: { code: 106 } }]);
  });

  test("to a refresh of a subscription does not touch a newer one of the same channel", async () => {
    await using stage = await start({ client: { expired_sub_close_delay: "1s" } });
    const { server, clock, tokens, connect } = stage;
    using probe = await connect();
    await probe.subscribe("a");
    const soon = Math.floor(clock.wall() / 1000) + 5;
    probe.send({ id: 3, sub_refresh: { channel: "a", token: annIn("a", { exp: soon }) } });
    const held = await tokens.next();
    serverUnsubscribe(server, "a");
    serverSubscribe(server, "a");
    await probe.take(2);
    held.release();
    expect(await probe.take(1)).toMatchObject([{ id: 3, error: { code: 103 } }]);
    for (let tick = 0; tick < 160; tick += 1) {
      clock.advance(50);
      server.node.sweep();
    }
    expect((await probe.ask("presence_stats", { channel: "a" }))["presence_stats"]).toMatchObject({ num_clients: 1 });
    expect(await probe.rest()).toEqual([]);
  });

  test("to a subscribe takes nothing back of what a back end changed meanwhile", async () => {
    await using stage = await start();
    const { server, tokens, connect } = stage;
    using probe = await connect();
    probe.send({ id: 2, subscribe: { channel: "a", token: annIn("a") } });
    const held = await tokens.next();
    const expireAt = seconds(4_000_000_000);
    tellUser(server, "ann", { type: "hub.refresh", expireAt, info: '{"role":"host"}' });
    expect(await probe.take(1)).toMatchObject([{ push: { refresh: { expires: true } } }]);
    held.release();
    expect(await probe.take(1)).toMatchObject([{ id: 2, subscribe: {} }]);
    const reply = await probe.ask("presence", { channel: "a" });
    expect(reply).toMatchObject({ presence: { presence: { [probe.client]: { conn_info: { role: "host" } } } } });
  });

  test("to a refresh of a subscription that the client has left is error 103", async () => {
    await using stage = await start();
    const { server, tokens, connect } = stage;
    using probe = await connect();
    await probe.subscribe("a");
    probe.send({ id: 3, sub_refresh: { channel: "a", token: annIn("a") } });
    const held = await tokens.next();
    serverUnsubscribe(server, "a");
    await probe.take(1);
    held.release();
    expect(await probe.take(1)).toMatchObject([{ id: 3, error: { code: 103 } }]);
  });
});
