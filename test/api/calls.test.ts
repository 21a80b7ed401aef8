import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import * as v from "valibot";
import { readPlainPublish } from "../../src/api/reading.ts";
import { requests } from "../../src/api/requests.ts";
import { startApi } from "../support/api.ts";
import { CentrifugeProbe, pub } from "../support/centrifuge-probe.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";

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

  test("[AP92] lines answer in their order with their ids, and know the methods of our own", async () => {
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

describe("what is published", () => {
  test("[AP93] a publish that is read by hand is read as its schema reads it", () => {
    const name = fc.constantFrom("channel", "data", "tags", "version", "__proto__", "other");
    const value = fc.oneof(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (members) => {
        const text = `{${members.map(([key, each]) => `${JSON.stringify(key)}:${JSON.stringify(each)}`).join(",")}}`;
        const request: unknown = JSON.parse(text);
        const read = readPlainPublish(request);
        if (read === null) return;
        const { data: _, ...expected } = v.parse(requests.publish, request);
        expect(read).toEqual(expected);
      }),
    );
    for (const odd of [null, [], "channel", 5, { channel: 5 }, { data: 1 }, {}])
      expect(readPlainPublish(odd)).toBeNull();
    expect(readPlainPublish({ channel: "news", data: 1 })?.channel).toBe("news");
  });

  test("[AP94] bytes reach a Centrifuge client as base64 with the tag, and what is not UTF-8 or not base64 is no JSON", async () => {
    await using api = await startApi();
    const [ann, plain] = [await api.centrifuge("ann"), await api.plain("bob")];
    await ann.subscribe("bytes", { recover: false });
    const publish = async (b64data: string, tags = {}) =>
      (await api.call("publish", { channel: "bytes", b64data, tags })).json.error?.code ?? 0;
    expect(await publish("AP8=", { a: "1" })).toBe(0);
    // A JSON text in quotes, but with a byte that is no UTF-8; and one after a byte order mark.
    expect(await publish(Buffer.from([0x22, 0xff, 0x22]).toString("base64"))).toBe(0);
    expect(await publish(Buffer.from("\ufeff1").toString("base64"))).toBe(0);
    expect(await publish(Buffer.from("[1,\n2]").toString("base64"))).toBe(0);
    for (const malformed of ["A", "AP8", "AP8==", "AP_-", "AP8= ", "=", "!"])
      expect([malformed, await publish(malformed)]).toEqual([malformed, 107]);
    const heard = await ann.rest();
    const data = heard.map((each) => JSON.parse(JSON.stringify(each)).push?.pub).filter((each) => each);
    const base64 = { "chorus-encoding": "base64" };
    expect(data.map(({ data, tags }) => [data, tags])).toEqual([
      ["AP8=", { a: "1", ...base64 }],
      ["Iv8i", base64],
      [Buffer.from("\ufeff1").toString("base64"), base64],
      [[1, 2], undefined],
    ]);
    await api.call("publish", { channel: "news", b64data: "AP8=" });
    expect(await plain.next()).toEqual(Uint8Array.of(0, 255));
  });

  test("[AP95] T40 the last of two equal fields is used, for the channel as for the payload, however it is written", async () => {
    await using api = await startApi();
    const ann = await api.centrifuge("ann");
    await ann.subscribe("second");
    await api.call("publish", '{"channel":"first","data":1,"d\\u0061ta":[2],"channel":"second"}');
    const { push } = JSON.parse(JSON.stringify(await ann.next()));
    expect([push.channel, push.pub.data]).toEqual(["second", [2]]);
    expect((await api.call("history", { channel: "first" })).json.result.offset).toBe(0);
  });

  test("[AP96] T79 names that look like SQL are names like any other, in history as in the push log", async () => {
    await using folder = await TemporaryFolder.create();
    await using api = await startApi({ engine: folder.engine });
    const names = [
      "'; DROP TABLE log; --",
      '" OR 1=1 --',
      "a'); DELETE FROM publications; --",
      "%",
      "_",
      "\u0000",
      "é\u2028",
    ];
    for (const channel of names) {
      expect((await api.call("publish", { channel, data: channel, idempotency_key: channel })).json.result.offset).toBe(
        1,
      );
    }
    for (const channel of names) {
      const { publications } = (await api.call("history", { channel, limit: -1 })).json.result;
      expect(publications).toEqual([{ data: channel, offset: 1 }]);
      const { entries } = (await api.call("push_log", { channel, key: "default" })).json.result;
      expect(entries.map(({ target }: { target: string }) => target)).toEqual([channel]);
      expect((await api.call("push_log", { user: channel })).json.result.entries).toEqual([]);
    }
  });

  test("[AP97] F28 a repeated publish, its answer lost, has no second effect and gets the first answer", async () => {
    await using api = await startApi();
    const ann = await api.centrifuge("ann");
    await ann.subscribe("news");
    const publish = { channel: "news", data: "once", idempotency_key: "k" };
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.call("publish", publish)));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const { epoch } = answers[0]?.json.result ?? {};
    expect(await ann.rest()).toEqual([pub("news", { data: "once", offset: 1, epoch })]);
  });

  test("[AP120] F28 of a back end whose line is cut after each call, and which calls again, all is done once", async () => {
    await using api = await startApi();
    const ann = await api.centrifuge("ann");
    await ann.subscribe("news");
    for (let index = 0; index < 20; index += 1) {
      const push = { data: index, idempotency_key: `${index}` };
      for (const [method, request] of [
        ["publish", { channel: "news", ...push }],
        ["send", { user: "ann", ...push }],
      ] as const) {
        await cutAfter(api.url, method, JSON.stringify(request));
        expect((await api.call(method, request)).json.error).toBeUndefined();
      }
    }
    const heard = (await ann.rest()).map((each) => JSON.parse(JSON.stringify(each)).push);
    const twenty = Array.from({ length: 20 }, (_, index) => index);
    expect(heard.flatMap(({ pub }) => (pub ? [pub.data] : []))).toEqual(twenty);
    expect(heard.flatMap(({ message }) => (message ? [message.data] : []))).toEqual(twenty);
    expect((await api.call("history", { channel: "news" })).json.result.offset).toBe(20);
  });
});

/** Makes a call and cuts the line before the answer can be read: whether it was done nobody knows. */
async function cutAfter(url: string, method: string, body: string): Promise<void> {
  using client = await RawClient.connect(url);
  const head = `POST /api/${method} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: apikey`;
  client.write(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
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
      expect(await told("subscribe", { user: "u", channel: "x", expire_at: 1 })).toEqual([500, 100]);
      const since = { offset: 1, epoch: "wrong" };
      expect(await told("history", { channel: "x", since })).toEqual([416, 112]);
      expect(await told("send", {})).toEqual([400, 107]);
      const batch = { commands: [{ publish: { channel: "nope:x", data: 1 } }] };
      expect((await api.call("batch", batch, headers)).json.replies[0].error.code).toBe(102);
    }
  });

  test("[AP99] T66 the reason of a disconnect reaches its client as it was given, and one that fits no frame is refused", async () => {
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

  test("[AP100] T43 a pattern of channels is matched in linear time, and is no other language than its star", async () => {
    await using api = await startApi();
    const ann = await api.centrifuge("ann");
    const names = ["chat.1", "chat.2", "chat", "a+b", "a".repeat(200)];
    for (const name of names) await ann.subscribe(name);
    const found = async (pattern: string) =>
      Object.keys((await api.call("channels", { pattern })).json.result.channels);
    expect(await found("")).toEqual(names);
    expect(await found("chat.*")).toEqual(["chat.1", "chat.2"]);
    expect(await found("*chat*")).toEqual(["chat.1", "chat.2", "chat"]);
    expect(await found("chat.[12]")).toEqual([]);
    expect(await found("a+b")).toEqual(["a+b"]);
    expect(await found(`${"a*".repeat(120)}b`)).toEqual([]);
    expect((await api.call("channels", { pattern: "*".repeat(256) })).status).toBe(400);
  });

  test("[AP101] info tells of the node by the name that it was given", async () => {
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
    const text = await (await fetch(`${api.url}/metrics`)).text();
    expect(text.match(/^chorus_api_calls_total\{/gm)).toHaveLength(1);
    expect(api.log.text.join("\n")).not.toContain("method7");
  });
});
