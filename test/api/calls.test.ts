import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { startApi } from "../support/api.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { testTimeout } from "../support/patience.ts";
import { scrape } from "../support/scrape.ts";

setDefaultTimeout(testTimeout);

const transport = { "X-API-Key": "apikey", "X-Centrifugo-Error-Mode": "transport" };

describe("several commands", () => {
  test("[AP90] run in their order: who is disconnected after a publish has received it, also from a disk", async () => {
    await using folder = await TemporaryFolder.create();
    await using api = await startApi({ engine: folder.engine });
    for (const send of [
      (commands: object[]) => api.call("batch", { commands }),
      (commands: object[]) =>
        api.call("", commands.map((command) => line(Object.entries(command)[0] ?? ["", {}])).join("\n")),
    ]) {
      const ann = await api.centrifuge("ann");
      const { epoch } = await ann.subscribe("news");
      await api.call("history_remove", { channel: "news" });
      const publishes = [1, 2, 3].map((data) => ({ publish: { channel: "news", data } }));
      const { text } = await send([...publishes, { disconnect: { user: "ann" } }, { presence: { channel: "news" } }]);
      const heard = await ann.take(4);
      expect(heard.slice(0, 3).map((each) => JSON.stringify(each).includes('"data"'))).toEqual([true, true, true]);
      expect(heard[3]).toEqual({ closed: { code: 3503, reason: "force disconnect" } });
      expect(text).toContain('"presence":{}');
      expect(text).toContain(String(epoch));
    }
  });

  test("[AP91] a batch answers each command by itself, whatever the others come to, and so in parallel", async () => {
    await using api = await startApi();
    const commands: unknown[] = [
      { publish: { channel: "news", data: 1 } },
      { publish: { channel: "nope:x", data: 1 } },
      null,
      {},
      { constructor: {} },
      { send: { user: 5, data: 1 } },
      { publish: { channel: "news" } },
      { info: {} },
      { rpc: { method: "x" } },
    ];
    for (const parallel of [false, true]) {
      const { replies } = (await api.call("batch", { commands, parallel })).json;
      const codes = replies.map((reply: { error?: { code: number } }) => reply.error?.code ?? 0);
      expect(codes).toEqual([0, 102, 107, 104, 104, 107, 107, 0, 104]);
      expect(replies[5].error.message).toContain("user");
    }
    expect((await api.call("batch", {})).json).toEqual({});
  });

  test("lines answer in their order with their ids, and know the methods of our own", async () => {
    await using api = await startApi();
    const lines = [
      '{"id":3,"method":"publish","params":{"channel":"news","data":1}}',
      '  {"id":2,"method":"history","params":{"channel":"news"}}  ',
      '{"method":"nothing"}',
      '{"id":9007199254740993,"method":"send","params":{}}',
      '{"id":1,"method":"info"}',
    ];
    const replies = (await api.call("", lines.join("\n"))).text.split("\n").map((text) => JSON.parse(text));
    expect(replies.map(({ id }) => id)).toEqual([3, 2, undefined, undefined, 1]);
    expect(replies.map(({ error }) => error?.code)).toEqual([undefined, undefined, 104, 107, undefined]);
    expect(replies[1].result.offset).toBe(1);
  });
});

function line([method, params]: [string, unknown]): string {
  return JSON.stringify({ method, params });
}

describe("what a back end is told", () => {
  test("[AP98] errors are statuses for those who ask, or for all where that is configured; batches keep theirs", async () => {
    for (const [config, headers] of [
      [{}, transport],
      [{ http_api: { error_mode: "transport" } }, { "X-API-Key": "apikey" }],
    ] as const) {
      await using api = await startApi({ ...config, channel: { namespaces: [{ name: "bare" }] } });
      const told = async (method: string, body: object) => {
        const { status, json } = await api.call(method, body, headers);
        return [status, json.code];
      };
      expect(await told("publish", { channel: "nope:x", data: 1 })).toEqual([404, 102]);
      expect(await told("rpc", { method: "x" })).toEqual([404, 104]);
      expect(await told("publish", {})).toEqual([400, 107]);
      expect(await told("presence", { channel: "bare:x" })).toEqual([400, 108]);
      const reverse = { channel: "x", reverse: true, since: { offset: 0 } };
      expect(await told("history", reverse)).toEqual([500, 100]);
      const since = { offset: 1, epoch: "wrong" };
      expect(await told("history", { channel: "x", since })).toEqual([416, 112]);
      expect(await told("send", {})).toEqual([400, 107]);
      const batch = { commands: [{ publish: { channel: "nope:x", data: 1 } }] };
      expect((await api.call("batch", batch, headers)).json.replies[0].error.code).toBe(102);
    }
  });

  test("T66 the reason of a disconnect reaches its client as it was given, and one that fits no frame is refused", async () => {
    await using api = await startApi();
    const reasons = ["", "é€😀", "a".repeat(123), "\u0000\u001b[2J", "€".repeat(41)];
    for (const reason of reasons) {
      const ann = await api.centrifuge("ann");
      expect((await api.call("disconnect", { user: "ann", disconnect: { code: 4321, reason } })).text).toBe(
        '{"result":{}}',
      );
      expect(await ann.closed()).toEqual({ code: 4321, reason });
    }
    const refused = async (disconnect: object) => (await api.call("disconnect", { user: "ann", disconnect })).status;
    for (const reason of ["a".repeat(124), "€".repeat(42)]) expect(await refused({ code: 4000, reason })).toBe(400);
    for (const code of [-1, 1, 1005, 2_999, 5_000, 65_536])
      expect([code, await refused({ code, reason: "" })]).toEqual([code, 400]);
    const still = await api.centrifuge("ann");
    expect((await api.call("send", { user: "ann", data: 1 })).json.result.connections).toBe(1);
    expect(await still.rest()).toHaveLength(1);
  });

  test("T43 a pattern of channels is a glob, is matched in linear time, and is error 100 where it cannot be read", async () => {
    await using api = await startApi();
    const ann = await api.centrifuge("ann");
    const names = ["chat.1", "chat.2", "chat", "a+b", "a".repeat(200)];
    for (const name of names) await ann.subscribe(name);
    const found = async (pattern: string) =>
      Object.keys((await api.call("channels", { pattern })).json.result.channels);
    expect(await found("")).toEqual(names);
    expect(await found("chat.*")).toEqual(["chat.1", "chat.2"]);
    expect(await found("*chat*")).toEqual(["chat.1", "chat.2", "chat"]);
    expect(await found("chat.[12]")).toEqual(["chat.1", "chat.2"]);
    expect(await found("{chat.?,a+b}")).toEqual(["chat.1", "chat.2", "a+b"]);
    for (const pattern of ["[", "chat[", "[]", "[2-1]"]) {
      expect((await api.call("channels", { pattern })).json).toEqual({
        error: { code: 100, message: "internal server error" },
      });
    }
    expect(await found("a+b")).toEqual(["a+b"]);
    expect(await found(`${"a*".repeat(120)}b`)).toEqual([]);
    expect(await found(`${"?*a*".repeat(60)}b`)).toEqual([]);
    expect((await api.call("channels", { pattern: "*".repeat(256) })).status).toBe(400);
  });

  test("info tells of the node by the name that it was given", async () => {
    await using api = await startApi({ node: { name: "node 7" } });
    const ann = await api.centrifuge("ann");
    await ann.subscribe("a");
    using _anonymous = await CentrifugeProbe.connect(api.ws, {});
    const [node] = (await api.call("info", {})).json.result.nodes;
    expect(node).toMatchObject({ name: "node 7", num_clients: 2, num_users: 1, num_subs: 1, num_channels: 1 });
    expect(node.uptime).toBeGreaterThanOrEqual(0);
    expect(node.process.rss).toBeGreaterThan(1_000_000);
    expect(Number.isFinite(node.process.cpu)).toBe(true);
  });

  test("[AP102] calls and refusals are counted, and by nothing that a caller chooses", async () => {
    await using api = await startApi();
    for (let index = 0; index < 50; index += 1) {
      await api.call(`method${index}`, { channel: `c${index}`, data: 1 });
      await api.call("publish", { channel: `c${index}`, data: 1 });
    }
    await api.call("publish", "no JSON");
    expect(await api.metric('chorus_api_calls_total{method="publish"}')).toBe(51);
    expect(await api.metric('chorus_api_refused_total{status="404"}')).toBe(50);
    expect(await api.metric('chorus_api_refused_total{status="400"}')).toBe(1);
    const text = await scrape(api.url);
    expect(text.match(/^chorus_api_calls_total\{/gm)).toHaveLength(1);
    expect(api.log.text.join("\n")).not.toContain("method7");
  });
});
