import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { disconnects } from "../../src/core/disconnects.ts";
import { seconds } from "../../src/core/time.ts";
import { CentrifugeProbe, pub } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { isObject, type JsonObject } from "../support/json.ts";
import { everything, startOpenServer, tokenFor } from "../support/open-channels.ts";
import { pass } from "../support/passing.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { tellUser } from "../support/tell.ts";

setDefaultTimeout(testTimeout);

const config = {
  client: { expired_close_delay: "3s", expired_sub_close_delay: "2s" },
  channel: {
    namespaces: [
      { name: "told", ...everything, force_push_join_leave: true },
      { name: "kind", ...everything, force_push_join_leave: true, leave_grace: "5s" },
    ],
  },
};

/** A server at the beginning of a second, with a clock of its own. */
async function start() {
  const clock = new ManualClock();
  const server = await startOpenServer(config, { clock });
  const stage = { node: server.node, clock };
  return {
    ...server,
    clock,
    inSeconds: (count: number) => seconds(Math.floor(clock.wall() / 1000) + count),
    pass: (milliseconds: number, ...listeners: CentrifugeProbe[]) => pass(stage, milliseconds, ...listeners),
    publish: (channel: string, data: string) =>
      server.node.broker.publish(
        { channel, data: { kind: "json", json: JSON.stringify(data) }, exclude: null, history: null },
        null,
      ),
    connect: (claims: JsonObject = {}) =>
      CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann", ...claims }) }),
  };
}

const said = (data: string) => pub("a", { data });

describe("a connection that expires", () => {
  test("[SU120] [T21] goes on as ever within the grace, and hears nothing after it: 3005", async () => {
    await using server = await start();
    using probe = await server.connect({ exp: server.inSeconds(5) });
    await probe.subscribe("a");
    await server.pass(5_000, probe);
    server.publish("a", "expired, and in the grace");
    await server.pass(2_950, probe);
    server.publish("a", "the last moment");
    expect(await probe.rest()).toEqual([said("expired, and in the grace"), said("the last moment")]);
    await server.pass(100);
    server.publish("a", "too late");
    expect(await probe.closed()).toEqual({ code: 3005, reason: "connection expired" });
    expect(server.node.subscribers.size).toBe(0);
  });

  test("[SU121] [T21] is refreshed to another time, or to none, and expires at the new one", async () => {
    await using server = await start();
    using probe = await server.connect({ exp: server.inSeconds(5) });
    const refresh = async (claims: JsonObject) =>
      (await probe.ask("refresh", { token: tokenFor({ sub: "ann", ...claims }) }))["refresh"];
    await server.pass(6_000, probe);
    expect(await refresh({ exp: server.inSeconds(10) })).toEqual({ expires: true, ttl: 10 });
    await server.pass(12_000, probe);
    expect(await refresh({})).toEqual({});
    await server.pass(60_000, probe);
    expect(await refresh({ exp: server.inSeconds(1) })).toEqual({ expires: true, ttl: 1 });
    await server.pass(4_100);
    expect(await probe.closed()).toEqual({ code: 3005, reason: "connection expired" });
  });

  test("[T21] is ended by a back end at once, and nothing is delivered afterwards", async () => {
    await using server = await start();
    for (const [order, code] of [
      [{ type: "hub.disconnect", disconnect: disconnects.forceDisconnect }, 3503],
      [{ type: "hub.refresh", expireAt: server.inSeconds(0) }, 3005],
    ] as const) {
      using probe = await server.connect();
      await probe.subscribe("a");
      server.publish("a", "before");
      tellUser(server, "ann", order);
      server.publish("a", "after");
      const [before, end] = await probe.take(2);
      expect(before).toEqual(said("before"));
      expect(end).toMatchObject({ closed: { code } });
    }
  });

  test("[SU123] is moved by a back end, which its client is told", async () => {
    await using server = await start();
    using probe = await server.connect({ exp: server.inSeconds(5) });
    tellUser(server, "ann", { type: "hub.refresh", expireAt: server.inSeconds(20) });
    expect(await probe.take(1)).toEqual([{ push: { refresh: { expires: true, ttl: 20 } } }]);
    await server.pass(15_000, probe);
    tellUser(server, "ann", { type: "hub.refresh", expireAt: null });
    expect(await probe.take(1)).toEqual([{ push: { refresh: {} } }]);
    await server.pass(30_000, probe);
    expect(await probe.ask("presence_stats", { channel: "a" })).toHaveProperty("presence_stats");
  });

  test("[SU128] is given another info with it, which everyone sees on what it publishes from then on", async () => {
    await using server = await start();
    using listener = await CentrifugeProbe.connect(server.ws);
    await listener.subscribe("a");
    using centrifuge = await server.connect({ info: { name: "old" } });
    const token = tokenFor({ sub: "ann", info: { name: "old" } });
    using plain = await new Probe(`${server.ws}/ws?channel=a&token=${token}`).open();
    const seen = async () => {
      await centrifuge.ask("publish", { channel: "a", data: 1 });
      plain.send("1");
      return await listener.take(2);
    };
    const by = (name: string) => {
      const info = expect.objectContaining({ conn_info: { name } });
      return { push: { channel: "a", pub: expect.objectContaining({ info }) } };
    };
    expect(await seen()).toEqual([by("old"), by("old")]);
    tellUser(server, "ann", { type: "hub.refresh", expireAt: server.inSeconds(60), info: '{"name":"new"}' });
    expect(await centrifuge.take(1)).toEqual([{ push: { refresh: { expires: true, ttl: 60 } } }]);
    expect(await seen()).toEqual([by("new"), by("new")]);
  });
});

describe("a subscription that expires", () => {
  test("[SU124] [T21] is over after the grace: push 2501, the others see the leave, and nothing more comes", async () => {
    await using server = await start();
    using witness = await CentrifugeProbe.connect(server.ws);
    await witness.subscribe("told:a");
    await witness.take(1);
    using probe = await server.connect();
    const token = tokenFor({ sub: "ann", channel: "told:a", exp: server.inSeconds(5) });
    expect(await probe.subscribe("told:a", { token })).toMatchObject({ expires: true, ttl: 5 });
    await probe.take(1);
    await witness.take(1);
    await server.pass(6_950, probe, witness);
    server.publish("told:a", "the last moment");
    expect(await probe.take(1)).toEqual([pub("told:a", { data: "the last moment" })]);
    await server.pass(100, probe, witness);
    server.publish("told:a", "too late");
    const unsubscribe = { code: 2501, reason: "subscription expired" };
    expect(await probe.rest()).toEqual([{ push: { channel: "told:a", unsubscribe } }]);
    const leave = { info: { user: "ann", client: probe.client } };
    expect(await witness.rest()).toEqual([
      pub("told:a", { data: "the last moment" }),
      { push: { channel: "told:a", leave } },
      pub("told:a", { data: "too late" }),
    ]);
    // The connection stays, and subscribes again.
    expect(await probe.subscribe("told:a")).not.toHaveProperty("expires");
  });

  test("of many the first to expire goes first, and refreshed ones later", async () => {
    await using server = await start();
    using probe = await server.connect();
    const token = (channel: string, seconds: number) =>
      tokenFor({ sub: "ann", channel, exp: server.inSeconds(seconds) });
    for (const [channel, seconds] of [
      ["b", 9],
      ["a", 3],
      ["c", 6],
    ] as const) {
      await probe.subscribe(channel, { token: token(channel, seconds) });
    }
    await probe.ask("sub_refresh", { channel: "a", token: token("a", 12) });
    const gone: unknown[] = [];
    for (let second = 1; second <= 15; second += 1) {
      await server.pass(1_000, probe);
      for (const heard of await probe.rest()) {
        if ("push" in heard && isObject(heard["push"])) gone.push([second, heard["push"]["channel"]]);
      }
    }
    expect(gone).toEqual([
      [8, "c"],
      [11, "b"],
      [14, "a"],
    ]);
  });

  test("on the server's side takes the connection with it: 3006", async () => {
    await using server = await start();
    using probe = await server.connect();
    await probe.subscribe("own");
    const request = { channel: "a", expireAt: server.inSeconds(5), since: null };
    tellUser(server, "ann", { type: "hub.subscribe", request });
    await probe.take(1);
    await server.pass(6_950, probe);
    expect(await probe.rest()).toEqual([]);
    await server.pass(100);
    expect(await probe.closed()).toEqual({ code: 3006, reason: "subscription expired" });
  });
});

describe("a user who is back within the leave grace", () => {
  /** Somebody who hears of every coming and going. */
  async function witnessed() {
    const server = await start();
    const witness = await CentrifugeProbe.connect(server.ws);
    await witness.subscribe("kind:a");
    await witness.take(1);
    return { ...server, witness };
  }
  const info = (client: string, user = "ann") => ({ info: { user, client } });

  test("[SU130] was never away: neither leave nor join is told, and presence is right all the while", async () => {
    await using server = await witnessed();
    const { witness } = server;
    const first = await server.connect();
    await first.subscribe("kind:a");
    expect(await witness.take(1)).toEqual([{ push: { channel: "kind:a", join: info(first.client) } }]);
    await first.close();
    await server.pass(4_900, witness);
    expect(server.node.localPresence.stats("kind:a")).toEqual({ clients: 1, users: 1 });
    using second = await server.connect();
    await second.subscribe("kind:a");
    await server.pass(10_000, witness);
    expect(await witness.rest()).toEqual([]);
    expect([...server.node.localPresence.list("kind:a").keys()]).toEqual([witness.client, second.client]);
    expect(server.node.presenceEvents.waiting).toBe(0);
  });

  test("is told to have left when it is over, once for each connection", async () => {
    await using server = await witnessed();
    const { witness } = server;
    const [first, second] = [await server.connect(), await server.connect()];
    for (const probe of [first, second]) await probe.subscribe("kind:a");
    await witness.take(2);
    await first.close();
    await server.pass(1_000, witness);
    await second.close();
    await server.pass(3_900, witness);
    expect(await witness.rest()).toEqual([]);
    await server.pass(200, witness);
    expect(await witness.rest()).toEqual([{ push: { channel: "kind:a", leave: info(first.client) } }]);
    await server.pass(1_000, witness);
    expect(await witness.rest()).toEqual([{ push: { channel: "kind:a", leave: info(second.client) } }]);
    using third = await server.connect();
    await third.subscribe("kind:a");
    expect(await witness.rest()).toEqual([{ push: { channel: "kind:a", join: info(third.client) } }]);
  });

  test("has to be known: an anonymous client, another user or another channel does not stand for it", async () => {
    await using server = await witnessed();
    const { witness } = server;
    const stranger = await CentrifugeProbe.connect(server.ws);
    await stranger.subscribe("kind:a");
    await witness.take(1);
    await stranger.close();
    expect(await witness.rest()).toEqual([{ push: { channel: "kind:a", leave: info(stranger.client, "") } }]);
    const ann = await server.connect();
    await ann.subscribe("kind:a");
    await ann.close();
    using bob = await server.connect({ sub: "bob" });
    await bob.subscribe("kind:a");
    using elsewhere = await server.connect();
    await elsewhere.subscribe("kind:b");
    await server.pass(5_100, witness);
    expect(await witness.rest()).toEqual([
      { push: { channel: "kind:a", join: info(ann.client) } },
      { push: { channel: "kind:a", join: info(bob.client, "bob") } },
      { push: { channel: "kind:a", leave: info(ann.client) } },
    ]);
  });
});
