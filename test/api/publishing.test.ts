import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import * as v from "valibot";
import { publish } from "../../src/api/methods/publish.ts";
import { startApi } from "../support/api.ts";
import { pub } from "../support/centrifuge-probe.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";

setDefaultTimeout(testTimeout);

describe("what is published", () => {
  test("a publish that is read by hand is read as its schema reads it", () => {
    const name = fc.constantFrom("channel", "data", "tags", "version", "__proto__", "other");
    const value = fc.oneof(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (members) => {
        const text = `{${members.map(([key, each]) => `${JSON.stringify(key)}:${JSON.stringify(each)}`).join(",")}}`;
        const request: unknown = JSON.parse(text);
        const read = publish.readPlain?.(request);
        if (!read) return;
        const { data: _, ...expected } = Object(v.parse(publish.request, request));
        expect(read).toEqual(expected);
      }),
    );
    for (const odd of [null, [], "channel", 5, { channel: 5 }, { data: 1 }, {}])
      expect(publish.readPlain?.(odd)).toBeNull();
    expect(publish.readPlain?.({ channel: "news", data: 1 })).toMatchObject({ channel: "news" });
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
    for (const malformed of ["A", "AP8", "AP8==", "AP_-", "AP8= ", "=", "!", "A P8="])
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

  test("[AP17] a broadcast spares a connection in all of its channels, and an id of nobody spares nobody", async () => {
    await using api = await startApi();
    const [ann, plain] = [await api.centrifuge("ann"), await api.plain("bob")];
    const [bob = ""] = Object.keys((await api.call("presence", { channel: "news" })).json.result.presence);
    await ann.subscribe("news");
    await ann.subscribe("sport");
    await ann.rest();
    const broadcast = (data: number, exclude_client: string) =>
      api.call("broadcast", { channels: ["news", "sport"], data, exclude_client });
    await broadcast(1, ann.client);
    await broadcast(2, bob);
    await broadcast(3, "nobody");
    const heard = (await ann.rest()).map((each) => JSON.parse(JSON.stringify(each)).push);
    expect(heard.map(({ channel, pub }) => [channel, pub.data])).toEqual([
      ["news", 2],
      ["sport", 2],
      ["news", 3],
      ["sport", 3],
    ]);
    expect([await plain.next(), await plain.next()]).toEqual(["1", "3"]);
  });

  test("T79 names that look like SQL are names like any other, in history as in the push log", async () => {
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

  test("F28 a repeated publish, its answer lost, has no second effect and gets the first answer", async () => {
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
