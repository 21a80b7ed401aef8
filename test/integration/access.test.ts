import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { CentrifugeProbe, isClosed } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { isObject, type JsonObject } from "../support/json.ts";
import { everything, startOpenServer, tokenFor } from "../support/open-channels.ts";
import { pass } from "../support/passing.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";

setDefaultTimeout(testTimeout);

const invalidToken = { code: 3500, reason: "invalid token" };
const badRequest = { code: 3501, reason: "bad request" };
const stale = { code: 3502, reason: "stale" };

const closed = { ...everything, allow_subscribe_for_client: false };
const config = { channel: { namespaces: [{ name: "closed", ...closed }] } };

async function start(more: object = {}) {
  const clock = new ManualClock();
  const server = await startOpenServer({ ...config, ...more }, { clock });
  const stage = { node: server.node, clock };
  return {
    ...server,
    inSeconds: (seconds: number) => Math.floor(clock.wall() / 1000) + seconds,
    pass: (milliseconds: number, ...listeners: CentrifugeProbe[]) => pass(stage, milliseconds, ...listeners),
    connect: (user: string) => CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: user }) }),
  };
}

describe("before connect", () => {
  test("[T12] a socket that says nothing is closed with 3502 in its time, pings or not, and leaves nothing", async () => {
    await using server = await start();
    using silent = await CentrifugeProbe.open(server.ws);
    using _raw = await RawClient.open(server.url, { target: "/connection/websocket" });
    using bystander = await server.connect("bob");
    // Its fences are native pings, which are answered and prolong nothing.
    for (let second = 0; second < 9; second++) await server.pass(1_000, silent, bystander);
    expect(await silent.rest()).toEqual([]);
    await server.pass(950, silent, bystander);
    expect(await silent.rest()).toEqual([]);
    await server.pass(100, bystander);
    expect(await silent.closed()).toEqual(stale);
    expect(await bystander.ask("presence_stats", { channel: "a" })).toHaveProperty("presence_stats");
    await server.untilMetric('chorus_connections_closed_total{code="3502"}', 2);
  });

  test.each([
    ["subscribe", { channel: "a" }],
    ["publish", { channel: "a", data: 1 }],
    ["presence", { channel: "a" }],
    ["presence_stats", { channel: "a" }],
    ["history", { channel: "a" }],
    ["unsubscribe", { channel: "a" }],
    ["rpc", { method: "x" }],
    ["send", { data: 1 }],
    ["refresh", { token: "x" }],
    ["sub_refresh", { channel: "a", token: "x" }],
  ])("[T12] %s closes with 3501 and does nothing, also with a connect behind it", async (method, request) => {
    await using server = await start();
    using witness = await server.connect("bob");
    await witness.subscribe("a");
    for (const commands of [
      [{ id: 1, [method]: request }],
      [
        { id: 1, [method]: request },
        { id: 2, connect: {} },
      ],
    ]) {
      using probe = await CentrifugeProbe.open(server.ws);
      probe.send(...commands);
      expect(await probe.closed()).toEqual(badRequest);
    }
    expect(await witness.rest()).toEqual([]);
  });

  test("[CN9] a second connect closes with 3501", async () => {
    await using server = await start();
    using probe = await server.connect("ann");
    probe.send({ id: 2, connect: {} });
    expect(await probe.closed()).toEqual(badRequest);
  });
});

describe("a subprotocol", () => {
  test.each([
    ["centrifuge-protobuf", "centrifuge-protobuf"],
    ["chorus, centrifuge-protobuf", "centrifuge-protobuf"],
    ["centrifuge-protobuf, centrifuge-json", "centrifuge-protobuf"],
    ["centrifuge-json, centrifuge-protobuf", "centrifuge-json"],
    ["chorus", undefined],
    ["", undefined],
  ])("[WS5] of %j the first one that is known is chosen: %p", async (protocols, chosen) => {
    await using server = await start();
    using client = await RawClient.connect(server.url);
    const add = protocols === "" ? [] : [`Sec-WebSocket-Protocol: ${protocols}`];
    const answer = await client.request({ target: "/connection/websocket", add });
    expect(answer.status).toBe(101);
    expect(answer.headers.get("sec-websocket-protocol") ?? undefined).toBe(chosen);
  });
});

/** What a command is answered with: "done", the code of its error, or the code of the close. */
async function fateOf(probe: CentrifugeProbe, method: string, request: JsonObject): Promise<unknown> {
  probe.send(probe.command(method, request));
  const heard = await probe.next();
  if (isClosed(heard)) return heard.closed;
  const { error } = heard;
  return isObject(error) ? error["code"] : "done";
}

describe("a subscription token", () => {
  const channels = ["closed:a", "closed:b"];
  const users = ["ann", "bob"];

  test("[SU23] [T23] counts for its channel, its user and, where it says so, its connection, and for no other", async () => {
    await using server = await start();
    for (const [channel, user, client] of channels.flatMap((channel) =>
      users.flatMap((user) => ["any", "own", "another"].map((client) => [channel, user, client] as const)),
    )) {
      using probe = await server.connect("ann");
      using other = await server.connect("ann");
      const only = { any: {}, own: { client: probe.client }, another: { client: other.client } }[client];
      const token = tokenFor({ sub: user, channel, ...only });
      const isRight = channel === "closed:a" && user === "ann" && client !== "another";
      const fate = await fateOf(probe, "subscribe", { channel: "closed:a", token });
      expect([channel, user, client, fate]).toEqual([channel, user, client, isRight ? "done" : invalidToken]);
    }
  });

  test("[SU23] [T23] is held to the same when it refreshes a subscription", async () => {
    await using server = await start();
    const right = { sub: "ann", channel: "closed:a" };
    for (const [claims, fate] of [
      [{ ...right, exp: server.inSeconds(60) }, "done"],
      [{ ...right, channel: "closed:b" }, invalidToken],
      [{ ...right, sub: "bob" }, invalidToken],
      [{ ...right, client: "another" }, invalidToken],
      [
        { ...right, exp: server.inSeconds(-1) },
        { code: 3006, reason: "subscription expired" },
      ],
    ] as const) {
      using probe = await server.connect("ann");
      await probe.subscribe("closed:a", { token: tokenFor(right) });
      expect(await fateOf(probe, "sub_refresh", { channel: "closed:a", token: tokenFor(claims) })).toEqual(fate);
    }
    using forged = await server.connect("ann");
    await forged.subscribe("closed:a", { token: tokenFor(right) });
    const token = `${tokenFor(right).slice(0, -2)}xx`;
    expect(await fateOf(forged, "sub_refresh", { channel: "closed:a", token })).toEqual(invalidToken);
  });

  test("[SU24] [T23] forged is error 103, over is 109, and one that is good is good again, until it is over", async () => {
    await using server = await start();
    const token = tokenFor({ sub: "ann", channel: "closed:a", exp: server.inSeconds(5) });
    const connection = tokenFor({ sub: "ann" });
    using first = await server.connect("ann");
    for (const forged of [`${token.slice(0, -2)}xx`, "nonsense", connection, token.replace(/\.[^.]*$/, ".")]) {
      expect([forged, await fateOf(first, "subscribe", { channel: "closed:a", token: forged })]).toEqual([forged, 103]);
    }
    expect(await fateOf(first, "subscribe", { channel: "closed:a", token })).toBe("done");
    using second = await server.connect("ann");
    expect(await fateOf(second, "subscribe", { channel: "closed:a", token })).toBe("done");
    await server.pass(5_000, first, second);
    using late = await server.connect("ann");
    expect(await fateOf(late, "subscribe", { channel: "closed:a", token })).toBe(109);
    expect([...server.node.localPresence.list("closed:a").keys()]).toEqual([first.client, second.client]);
    // It is no token of a connection.
    using probe = await CentrifugeProbe.open(server.ws);
    expect(await fateOf(probe, "connect", { token })).toEqual(invalidToken);
  });
});

describe("a user's personal channel", () => {
  const personal = { enabled: true, personal_channel_namespace: "own", single_connection: false };
  const namespaces = [{ name: "own", ...closed, allow_user_limited_channels: true }];
  const own = (more: object = {}) =>
    start({ client: { subscribe_to_user_personal_channel: { ...personal, ...more } }, channel: { namespaces } });

  test("[SU25] is there from the start, for each user with a name their own, also where the token names others", async () => {
    await using server = await own();
    for (const [claims, subs] of [
      [{ sub: "ann" }, ["own:#ann"]],
      [{ sub: "" }, []],
      [{ sub: "ann", channels: ["own:x"] }, ["own:x", "own:#ann"]],
    ] as const) {
      using probe = await CentrifugeProbe.open(server.ws);
      const reply = await probe.ask("connect", { token: tokenFor(claims) });
      const connect = isObject(reply["connect"]) ? reply["connect"] : {};
      expect(Object.keys(connect["subs"] ?? {})).toEqual([...subs]);
    }
    using ann = await server.connect("ann");
    using bob = await server.connect("bob");
    server.node.broker.publish(
      { channel: "own:#ann", data: { kind: "json", json: "1" }, exclude: null, history: null },
      null,
    );
    expect(await ann.rest()).toMatchObject([{ push: { channel: "own:#ann", pub: { data: 1 } } }]);
    expect(await bob.rest()).toEqual([]);
    expect(await fateOf(bob, "subscribe", { channel: "own:#ann" })).toBe(103);
  });

  test("[SU26] lets a user have one connection, where that is wanted: the earlier one is closed with 3504", async () => {
    for (const single_connection of [true, false]) {
      await using server = await own({ single_connection });
      using anonymous = await CentrifugeProbe.connect(server.ws);
      using bob = await server.connect("bob");
      using first = await server.connect("ann");
      using second = await server.connect("ann");
      using third = await CentrifugeProbe.connect(server.ws);
      const limit = [{ closed: { code: 3504, reason: "connection limit" } }];
      expect(await first.rest()).toEqual(single_connection ? limit : []);
      for (const probe of [anonymous, third, bob, second]) expect(await probe.rest()).toEqual([]);
      const stats = { clients: single_connection ? 1 : 2, users: 1 };
      expect(server.node.localPresence.stats("own:#ann")).toEqual(stats);
    }
  });
});

describe("what is not served yet", () => {
  const leaf = { key: "a", cmp: "eq", val: "b" };

  test.each([
    ["a delta", "subscribe", { delta: "fossil", recover: true }, "done"],
    ["a delta that nobody knows", "subscribe", { delta: "zip" }, badRequest],
    ["a map", "subscribe", { type: 1, phase: 2, limit: 100, cursor: "" }, 103],
    ["the clients of a map", "subscribe", { type: 2 }, 103],
    ["the users of a map", "subscribe", { type: 3 }, 103],
    ["a shared poll", "subscribe", { type: 4 }, 108],
    ["a filter of tags", "subscribe", { tf: leaf }, 107],
    ["a filter of filters", "subscribe", { tf: { op: "and", nodes: [leaf, leaf] } }, 107],
    ["numbers for names of channels", "subscribe", { flag: 1 }, "done"],
    ["a publication in a map", "publish", { data: 1, type: 1, key: "k" }, 103],
    ["a call", "rpc", { method: "x", data: 1 }, 108],
    ["a message", "send", { data: 1 }, { code: 3508, reason: "not available" }],
    ["a ping of its own", "ping", {}, badRequest],
  ])("%s gets what Centrifugo gives where it is not configured", async (_, method, request, fate) => {
    await using server = await start();
    using probe = await server.connect("ann");
    expect(await fateOf(probe, method, { channel: "a", ...request })).toEqual(fate);
  });

  test("whose delta is left out of the answer hears whole publications, by the name of the channel", async () => {
    await using server = await start();
    using probe = await server.connect("ann");
    const result = await probe.subscribe("a", { delta: "fossil", flag: 1 });
    expect(Object.keys(result).sort()).toEqual(["epoch", "positioned", "recoverable"]);
    for (const data of ["the same long text", "the same long text!"]) {
      probe.send(probe.command("publish", { channel: "a", data }));
      expect((await probe.take(2))[0]).toMatchObject({ push: { channel: "a", pub: { data } } });
    }
  });
});

test("[SU28] where the namespace says so the latest publication comes without asking, and nothing to who has it", async () => {
  const cache = { force_recovery_mode: "cache" as const, auto_cache_recover: true };
  await using server = await start({ channel: { namespaces: [{ name: "last", ...everything, ...cache }] } });
  using probe = await server.connect("ann");
  const subscribe = async (request: JsonObject = {}) => {
    const result = await probe.subscribe("last:a", request);
    await probe.ask("unsubscribe", { channel: "last:a" });
    return result;
  };
  const base = { recoverable: true, positioned: true, epoch: expect.any(String), was_recovering: true };
  expect(await subscribe()).toEqual(base);
  for (const data of [1, 2, 3]) await probe.ask("publish", { channel: "last:a", data });
  const latest = { data: 3, offset: 3, info: { user: "ann", client: probe.client } };
  const { epoch = null } = await subscribe();
  expect(await subscribe()).toEqual({ ...base, recovered: true, publications: [latest] });
  expect(await subscribe({ recover: true, offset: 1, epoch, flag: 2 })).toEqual({
    ...base,
    recovered: true,
    offset: 1,
    publications: [latest],
  });
  expect(await subscribe({ recover: true, offset: 3, epoch })).toEqual({ ...base, recovered: true, offset: 3 });
  expect(await subscribe({ recover: true, offset: 9, epoch: "elsewhen", flag: 2 })).toEqual({
    ...base,
    recovered: true,
    offset: 9,
    publications: [latest],
  });
});
