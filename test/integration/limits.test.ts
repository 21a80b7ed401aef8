import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { isObject, type Json, type JsonObject } from "../support/json.ts";
import { everything, startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

const nothing = { ...everything, allow_subscribe_for_client: false, allow_publish_for_client: false };

const config = {
  channel: {
    namespaces: [
      { name: "closed", ...nothing, allow_presence_for_client: false, allow_history_for_client: false },
      { name: "inside", ...everything, allow_publish_for_client: false, allow_publish_for_subscriber: true },
      { name: "read", ...everything, allow_publish_for_client: false, allow_presence_for_client: false },
      { name: "bare" },
    ],
  },
};

const ids = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

function errorOf(reply: JsonObject): number | null {
  const { error } = reply;
  return isObject(error) ? Number(error["code"]) : null;
}

describe("how many channels a connection has", () => {
  test("[SU140] [T45] is limited: 106, behind 105; what was refused does not count, and what was left makes room", async () => {
    await using server = await startOpenServer({ ...config, client: { channel_limit: 3 } });
    using probe = await CentrifugeProbe.connect(server.ws);
    const codes: (number | null)[] = [];
    for (const channel of ["a", "nowhere:a", "closed:a", "b", "c", "d", "a"]) {
      codes.push(errorOf(await probe.ask("subscribe", { channel })));
    }
    expect(codes).toEqual([null, 102, 103, null, null, 106, 105]);
    await probe.ask("unsubscribe", { channel: "b" });
    expect(errorOf(await probe.ask("subscribe", { channel: "d" }))).toBeNull();
  });

  test("[T45] leaves nothing behind, however many came and went", async () => {
    await using server = await startOpenServer({ ...config, client: { subscribe_rate_limit: 0 } });
    const { node } = server;
    using probe = await CentrifugeProbe.connect(server.ws);
    const before = { deadlines: node.deadlines.size, presence: node.localPresence.size };
    for (let round = 0; round < 40; round += 1) {
      const channels = ids(0, 50).map((index) => `churn ${round} ${index}`);
      probe.send(
        ...channels.map((channel) => ({ id: 5, subscribe: { channel, join_leave: true } })),
        ...channels.map((channel) => ({ id: 6, unsubscribe: { channel } })),
      );
      // The replies, and the client's own joins; it has left before it could hear the leaves.
      await probe.take(150);
    }
    expect(await probe.rest()).toEqual([]);
    // One look at positions may still be due.
    expect(node.deadlines.size - before.deadlines).toBeLessThanOrEqual(1);
    expect(node.localPresence.size).toBe(before.presence);
    expect(node.subscribers.size).toBe(0);
  });
});

describe("the name of a channel", () => {
  test.each([
    ["255 bytes", "x".repeat(255), null],
    ["256 bytes", "x".repeat(256), 107],
    ["64 KiB less the rest of the frame", "x".repeat(65_000), 107],
    ["letters that are no ASCII", "ö", 107],
    ["the same in two parts", "o\u0308", 107],
    ["letters that look like ASCII", "аdmin", 107],
    ["spaces", "  a  b  ", null],
    ["dots", "..", null],
    ["what stands for many elsewhere", "a*>?.#", null],
    ["what SQL would read", "'; DROP TABLE streams; --", null],
    ["what a shell or a path would", "../../etc/passwd\u0000$(x)", null],
    ["control characters", "a\u0001\r\n\u007f", null],
    ["a name of every object", "__proto__", null],
    ["another one", "constructor", null],
    ["one more", "toString", null],
    ["a private one", "$a", 103],
    ["an unknown namespace", "nowhere:a", 102],
    ["an unknown namespace of every object", "__proto__:a", 102],
    ["a namespace that is none", ":a", null],
  ])("[T46] may be, or not: %s", async (_, channel, code) => {
    await using server = await startOpenServer(config);
    using probe = await CentrifugeProbe.connect(server.ws);
    using other = await CentrifugeProbe.connect(server.ws);
    await other.subscribe("another");
    expect(errorOf(await probe.ask("subscribe", { channel }))).toBe(code);
    if (code !== null) return;
    // It is a channel like any other, and only this one.
    probe.send({ id: 7, publish: { channel, data: 1 } }, { id: 8, history: { channel, limit: 1 } });
    const [push, , history] = await probe.take(3);
    expect(push).toMatchObject({ push: { channel, pub: { data: 1 } } });
    expect(history).toMatchObject({ history: { offset: 1, publications: [{ data: 1 }] } });
    expect(await other.rest()).toEqual([]);
    expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
  });

  test("[T46] is compared byte by byte", async () => {
    await using server = await startOpenServer(config);
    using probe = await CentrifugeProbe.connect(server.ws);
    const names = ["a", "A", "a ", " a", "a\u0000", "a\n"];
    for (const channel of names) await probe.subscribe(channel);
    for (const channel of names) {
      probe.send({ id: 9, publish: { channel, data: 1 } });
      expect(await probe.take(2)).toMatchObject([{ push: { channel } }, { id: 9 }]);
    }
    expect(server.node.subscribers.size).toBe(names.length);
  });
});

describe("one frame", () => {
  test("[SU144] [T36] has 256 commands; of one with more those are done, and then it is 3501", async () => {
    await using server = await startOpenServer(config);
    using probe = await CentrifugeProbe.connect(server.ws);
    const commands = (count: number) => ids(2, count).map((id) => ({ id, presence_stats: { channel: "a" } }));
    probe.send(...commands(256));
    expect((await probe.take(256)).map((heard) => ("id" in heard ? heard["id"] : null))).toEqual(ids(2, 256));
    probe.send(...commands(257));
    const heard = await probe.take(257);
    expect(heard.slice(0, -1).map((each) => ("id" in each ? each["id"] : null))).toEqual(ids(2, 256));
    expect(heard.at(-1)).toEqual({ closed: { code: 3501, reason: "bad request" } });
    using flood = await CentrifugeProbe.connect(server.ws);
    flood.sendFrame("{}\n".repeat(20_000));
    expect(await flood.closed()).toEqual({ code: 3501, reason: "bad request" });
  });
});

describe("a page of history", () => {
  test("[SU145] [T50] is at most as long as it may be, in whichever way it is asked for", async () => {
    await using server = await startOpenServer({ ...config, client: { history_max_publication_limit: 3 } });
    using probe = await CentrifugeProbe.connect(server.ws);
    for (const data of ids(1, 6)) await probe.ask("publish", { channel: "a", data });
    const page = async (request: JsonObject) => {
      const { history, error } = await probe.ask("history", { channel: "a", ...request });
      if (isObject(error)) return error["code"];
      const { publications } = history as { publications: { data: Json }[] };
      return publications.map(({ data }) => data);
    };
    const top = await probe.ask("history", { channel: "a" });
    const { epoch = null } = top["history"] as JsonObject;
    expect(await page({})).toEqual([]);
    expect(await page({ limit: 1_000_000_000 })).toEqual([1, 2, 3]);
    expect(await page({ limit: -1 })).toEqual([1, 2, 3]);
    expect(await page({ limit: -1_000 })).toEqual([1, 2, 3]);
    expect(await page({ limit: 2, since: { offset: 4, epoch } })).toEqual([5, 6]);
    expect(await page({ limit: 2, since: { offset: 6, epoch } })).toEqual([]);
    expect(await page({ limit: 2, since: { offset: 9_007_199_254_740_991, epoch } })).toEqual([]);
    expect(await page({ limit: 2, since: { offset: 1, epoch: "elsewhen" } })).toBe(112);
    expect(await page({ limit: 9, reverse: true })).toEqual([6, 5, 4]);
    expect(await page({ limit: 9, reverse: true, since: { offset: 3, epoch } })).toEqual([2, 1]);
    expect(await page({ limit: 9, reverse: true, since: { offset: 0, epoch } })).toBe(107);
    expect(errorOf(await probe.ask("history", { channel: "bare:a", limit: 1 }))).toBe(108);
    expect(errorOf(await probe.ask("history", { channel: "closed:a", limit: 1 }))).toBe(103);
  });
});

describe("what one may not do", () => {
  test("[SU146] [T48] has no effect: it is not kept, not delivered and not shown", async () => {
    await using server = await startOpenServer(config);
    using witness = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "bob" }) });
    using probe = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
    const token = (sub: string, channel: string) => tokenFor({ sub, channel });
    for (const channel of ["closed:a", "inside:a", "read:a"]) {
      await witness.subscribe(channel, { token: token("bob", channel) });
    }
    const refused = async (method: string, request: JsonObject) => errorOf(await probe.ask(method, request));
    // Without any right, with a token that lets one subscribe alone, and after having left.
    expect(await refused("publish", { channel: "closed:a", data: 1 })).toBe(103);
    expect(await refused("subscribe", { channel: "closed:a" })).toBe(103);
    await probe.subscribe("closed:a", { token: token("ann", "closed:a") });
    expect(await refused("publish", { channel: "closed:a", data: 1 })).toBe(103);
    expect(await refused("presence", { channel: "closed:a" })).toBe(103);
    expect(await refused("history", { channel: "closed:a", limit: 1 })).toBe(103);
    expect(await refused("publish", { channel: "inside:a", data: 1 })).toBe(103);
    await probe.subscribe("inside:a");
    await probe.ask("unsubscribe", { channel: "inside:a" });
    expect(await refused("publish", { channel: "inside:a", data: 1 })).toBe(103);
    expect(await refused("publish", { channel: "read:a", data: 1 })).toBe(103);
    expect(await refused("publish", { channel: "bare:a", data: 1 })).toBe(103);
    expect(await witness.rest()).toEqual([]);
    for (const channel of ["closed:a", "inside:a", "read:a"]) {
      const stream = server.node.rules.resolve(channel)?.namespace.history;
      expect(stream && server.node.broker.top(channel, stream)?.offset).toBe(0);
    }
    expect([...server.node.localPresence.list("inside:a").keys()]).toEqual([witness.client]);
  });

  test("[T49] says nothing of whether a channel exists: the answers are the same to the byte", async () => {
    await using server = await startOpenServer(config);
    using member = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "bob" }) });
    await member.subscribe("closed:is", { token: tokenFor({ sub: "bob", channel: "closed:is" }) });
    using probe = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
    for (const [method, request] of Object.entries<JsonObject>({
      subscribe: {},
      publish: { data: 1 },
      presence: {},
      presence_stats: {},
      history: { limit: 10 },
    })) {
      const answer = async (channel: string) => {
        probe.send({ id: 7, [method]: { channel, ...request } });
        return JSON.stringify(await probe.take(1));
      };
      expect(await answer("closed:is")).toBe(await answer("closed:is not"));
    }
  });

  test("[SU148] [T52] [T53] is to be someone else: the server says who one is, and no more than the token let it", async () => {
    await using server = await startOpenServer(config);
    const claims = { sub: "ann", info: { name: "Ann" }, meta: { secret: 1 }, email: "ann@example.com" };
    using probe = await CentrifugeProbe.open(server.ws, { headers: { "User-Agent": "unique", Origin: server.url } });
    const forged = { user: "root", client: "root", conn_info: { name: "Root" } };
    probe.send({
      id: 1,
      connect: { token: tokenFor(claims), data: forged, headers: { "X-User": "root" }, name: "root", ...forged },
    });
    await probe.take(1);
    await probe.subscribe("a", { ...forged, data: forged, info: forged });
    const info = { user: "ann", client: probe.client, conn_info: { name: "Ann" } };
    probe.send({ id: 7, publish: { channel: "a", data: 1, info: forged, ...forged, tags: { a: "b" } } });
    const [push] = await probe.take(2);
    expect(push).toEqual({
      push: { channel: "a", pub: { data: 1, offset: 1, epoch: expect.any(String), info } },
    });
    const { presence } = await probe.ask("presence", { channel: "a" });
    expect(presence).toEqual({ presence: { [probe.client]: info } });
    expect(server.log.text.join("")).not.toContain("example.com");
  });
});

describe("filters of tags", () => {
  const open = { ...everything, allow_tags_filter: true, force_recovery_mode: "cache" } as const;
  const filterOf = (nodes: number) => ({
    op: "or",
    nodes: Array.from({ length: nodes - 1 }, (_, index) => ({ key: "k", cmp: "eq", val: `value ${index}` })),
  });

  test("[SU187] of one connection take 1 MiB, and one more is error 106", async () => {
    await using server = await startOpenServer({ channel: { without_namespace: open } });
    using probe = await CentrifugeProbe.connect(server.ws);
    const replies: unknown[] = [];
    for (let n = 0; n < 8; n += 1) {
      const reply = await probe.ask("subscribe", { channel: `c${n}`, tf: filterOf(500) });
      replies.push("error" in reply ? reply["error"] : "subscribed");
    }
    const tooMuch = { code: 106, message: "limit exceeded" };
    expect(replies).toEqual([...Array(6).fill("subscribed"), tooMuch, tooMuch]);
    expect(await probe.ask("subscribe", { channel: "more" })).toHaveProperty("subscribe");
    await probe.ask("unsubscribe", { channel: "c0" });
    expect(await probe.ask("subscribe", { channel: "c9", tf: filterOf(500) })).toHaveProperty("subscribe");
  });

  test("[SU188] cost tokens for the publications that a recovery compares with them", async () => {
    const clock = new ManualClock();
    const client = { message_rate_limit: 10, message_burst_limit: 60 };
    const options = { client, channel: { without_namespace: open } };
    await using server = await startOpenServer(options, { clock });
    for (let n = 0; n < 100; n += 1) await server.api.publish("a", n, { tags: { k: "none" } });
    using probe = await CentrifugeProbe.connect(server.ws);
    const answered: unknown[] = [];
    for (let n = 0; n < 10; n += 1) {
      const reply = await probe.ask("subscribe", { channel: "a", tf: filterOf(500), recover: true });
      answered.push("error" in reply ? (reply["error"] as { code: number }).code : "ok");
      await probe.ask("unsubscribe", { channel: "a" });
    }
    expect(answered).toEqual(["ok", "ok", "ok", "ok", 111, 111, 111, 111, 111, 111]);
  });
});
