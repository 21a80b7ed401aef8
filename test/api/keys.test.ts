import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { startApi } from "../support/api.ts";
import { ManualClock } from "../support/clock.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

describe("keys", () => {
  const keys = [
    { name: "news", key: "news key", channels: ["news*", "a*z"] },
    { name: "log", key: "log key", channels: ["news*"], methods: ["publish", "channels", "push_log"] },
    { name: "reader", key: "reader key", methods: ["history", "presence"] },
  ];

  test("[AP65] T62 T63 a key is taken from any of its three places, is compared whole, and no query is logged", async () => {
    await using api = await startApi();
    const status = async (target: string, headers: Record<string, string>) =>
      (await fetch(api.url + target, { method: "POST", body: '{"channel":"news","data":1}', headers })).status;
    expect(await status("/api/publish", { "X-API-Key": "apikey" })).toBe(200);
    expect(await status("/api/publish", { Authorization: "ApiKey apikey", "X-API-Key": "wrong" })).toBe(200);
    expect(await status("/api/publish?api_key=apikey", { "X-API-Key": "wrong" })).toBe(200);
    for (const key of ["", " ", "a", "apike", "apikey2", "APIKEY", "apikey apikey", "k".repeat(10_000)]) {
      expect([key, await status("/api/publish", { "X-API-Key": key })]).toEqual([key, 401]);
    }
    expect(await status("/api/publish?api_key=", {})).toBe(401);
    expect(await status("/api/publish", { Authorization: "Bearer apikey" })).toBe(401);
    expect(api.log.text.join("\n")).not.toContain("api_key");
    expect(api.log.text.join("\n")).not.toContain("apikey");
    expect(await api.metric('chorus_api_refused_total{status="401"}')).toBe(10);
  });

  test("[AP65] T62 where the query does not count it is no key", async () => {
    await using api = await startApi({ http_api: { query_key: false } });
    expect((await fetch(`${api.url}/api/info?api_key=apikey`, { method: "POST", body: "{}" })).status).toBe(401);
  });

  test("[AP66] a key of some channels may touch those alone, in every method, batch and line, and sees no others", async () => {
    await using api = await startApi({ http_api: { keys } });
    const probe = await api.centrifuge("ann");
    for (const channel of ["news1", "other"]) await probe.subscribe(channel);
    const own = { "X-API-Key": "news key" };
    const code = async (method: string, body: object) => (await api.call(method, body, own)).json.error?.code ?? 0;
    for (const method of ["publish", "presence", "presence_stats", "history", "history_remove"]) {
      expect([method, await code(method, { channel: "news1", data: 1 })]).toEqual([method, 0]);
      expect([method, await code(method, { channel: "other", data: 1 })]).toEqual([method, 103]);
      expect([method, await code(method, { channel: "my news", data: 1 })]).toEqual([method, 103]);
    }
    expect(await code("subscribe", { user: "ann", channel: "other" })).toBe(103);
    expect(await code("broadcast", { channels: ["news1", "abcz"], data: 1 })).toBe(0);
    expect(await code("broadcast", { channels: ["news1", "other"], data: 1 })).toBe(103);
    const batch = { commands: [{ publish: { channel: "other", data: 1 } }, { history: { channel: "news1" } }] };
    const { replies } = (await api.call("batch", batch, own)).json;
    expect([replies[0].error.code, "history" in replies[1]]).toEqual([103, true]);
    const line = '{"method":"publish","params":{"channel":"other","data":1}}';
    expect(JSON.parse((await api.call("", line, own)).text).error.code).toBe(103);
    const log = { "X-API-Key": "log key" };
    expect(Object.keys((await api.call("channels", {}, log)).json.result.channels)).toEqual(["news1"]);
    expect((await api.call("history", { channel: "other" })).json.result.offset).toBe(0);
  });

  test("[AP67] a key of some channels calls a method without a channel where its methods name it, also in a batch", async () => {
    await using api = await startApi({ http_api: { keys } });
    const ann = await api.centrifuge("ann");
    const own = { "X-API-Key": "news key" };
    const without: readonly [method: string, request: object][] = [
      ["disconnect", { user: "ann" }],
      ["unsubscribe", { user: "ann" }],
      ["refresh", { user: "ann", expired: true }],
      ["send", { user: "ann", data: 1 }],
      ["push_log", {}],
      ["channels", {}],
      ["info", {}],
      ["rpc", { method: "x" }],
    ];
    for (const [method, request] of without) {
      expect([method, (await api.call(method, request, own)).json.error?.code]).toEqual([method, 103]);
    }
    const commands = without.map(([method, request]) => ({ [method]: request }));
    const { replies } = (await api.call("batch", { commands }, own)).json;
    expect(replies.map(({ error }: { error?: { code: number } }) => error?.code)).toEqual(without.map(() => 103));
    const lines = without.map(([method, params]) => JSON.stringify({ method, params })).join("\n");
    for (const line of (await api.call("", lines, own)).text.split("\n")) expect(JSON.parse(line).error.code).toBe(103);
    expect((await api.call("unsubscribe", { user: "ann", channel: "news" }, own)).json).toEqual({ result: {} });
    expect(await ann.rest()).toEqual([
      { push: { channel: "news", unsubscribe: { code: 2000, reason: "server unsubscribe" } } },
    ]);
  });

  test("[AP66] and reads what it pushed itself alone, where another reads all", async () => {
    await using api = await startApi({ http_api: { keys } });
    const own = { "X-API-Key": "log key" };
    await api.call("publish", { channel: "other", data: 1 });
    await api.call("publish", { channel: "news", data: 1 }, own);
    const targets = async (headers: Record<string, string>, body = {}) =>
      (await api.call("push_log", body, headers)).json.result?.entries.map(({ target }: { target: string }) => target);
    expect(await targets(own)).toEqual(["news"]);
    expect(await targets(own, { key: "log" })).toEqual(["news"]);
    expect(await targets(own, { key: "default" })).toBeUndefined();
    expect(await targets({ "X-API-Key": "apikey" })).toEqual(["news", "other"]);
  });

  test("[AP118] what a key may not do, and what there was nothing to push of, is in the push log as well", async () => {
    await using api = await startApi({ http_api: { keys } });
    const own = { "X-API-Key": "news key" };
    await api.call("publish", { channel: "other", data: 1, idempotency_key: "k" }, own);
    await api.call("broadcast", { channels: ["news1", "other"], data: 1 }, own);
    await api.call("batch", { commands: [{ send: { user: "ann", data: 1 } }] }, { "X-API-Key": "reader key" });
    await api.call("publish", { channel: "news" });
    await api.call("broadcast", { channels: ["news"] });
    await api.call("send", { user: "ann", b64data: "?" });
    await api.call("history", { channel: "other" }, own);
    const { entries } = (await api.call("push_log", {})).json.result;
    expect(entries.map(({ time: _, ...entry }: { time: number }) => entry)).toEqual(
      [
        { key: "news", method: "publish", target: "other", channel: "other", outcome: "103", idempotency_key: "k" },
        { key: "news", method: "broadcast", target: "2 channels", channels: 2, outcome: "103" },
        { key: "reader", method: "send", target: "ann", user: "ann", outcome: "103" },
        { key: "default", method: "publish", target: "news", channel: "news", outcome: "107" },
        { key: "default", method: "broadcast", target: "news", channel: "news", outcome: "107" },
        { key: "default", method: "send", target: "ann", user: "ann", outcome: "107" },
      ]
        .map((entry) => ({ ...entry, bytes: 0, connections: 0, queued: false }))
        .toReversed(),
    );
  });

  test("[AP67] a key of some methods may call those alone", async () => {
    await using api = await startApi({ http_api: { keys } });
    const reader = { "X-API-Key": "reader key" };
    const code = async (method: string) =>
      (await api.call(method, { channel: "news", data: 1, user: "u" }, reader)).json.error?.code ?? 0;
    for (const method of ["history", "presence"]) expect([method, await code(method)]).toEqual([method, 0]);
    for (const method of ["publish", "disconnect", "send", "push_log", "channels", "info", "rpc"]) {
      expect([method, await code(method)]).toEqual([method, 103]);
    }
    const transport = { ...reader, "X-Centrifugo-Error-Mode": "transport" };
    expect((await api.call("publish", { channel: "news", data: 1 }, transport)).status).toBe(403);
  });

  test("a refused key is told which of its limits it was, and a method that is off which option it is", async () => {
    await using api = await startApi({ http_api: { keys } });
    const words = async (method: string, body: object, key: string) =>
      (await api.call(method, body, { "X-API-Key": key })).json.error.message;
    const may = (name: string, what: string) => `permission denied: the key ${name} may ${what}`;
    expect(await words("publish", { channel: "news" }, "reader key")).toBe(may("reader", "not call publish"));
    expect(await words("presence", { channel: "other" }, "news key")).toBe(may("news", "not touch this channel"));
    const channels = ["news", "other"];
    expect(await words("broadcast", { channels }, "news key")).toBe(may("news", "not touch all of these channels"));
    expect(await words("push_log", { key: "reader" }, "log key")).toBe(may("log", "read its own entries alone"));
    expect(await words("send", { user: "ann", data: 1 }, "news key")).toBe(
      "permission denied: the key news is limited to channels: it may call send where its methods name it",
    );
    await using off = await startApi({ push_log: { enabled: false } });
    const { error } = (await off.call("push_log", {})).json;
    expect(error).toEqual({ code: 108, message: "not available: push_log.enabled is off" });
  });

  test("a batch, lines and a broadcast cost their items, and never more than a second of the rate", async () => {
    const clock = new ManualClock();
    await using api = await startApi({ http_api: { keys, rate_limit: 10 } }, { clock });
    const status = async () => (await api.call("info", {})).status;
    const line = '{"method":"info","params":{}}';
    for (const [method, request] of [
      ["batch", { commands: Array.from({ length: 8 }, () => ({ info: {} })) }],
      ["", Array.from({ length: 8 }, () => line).join("\n")],
      ["broadcast", { channels: Array.from({ length: 8 }, (_, index) => `${index}`), data: 1 }],
    ] as const) {
      clock.advance(2_000);
      expect([method, (await api.call(method, request)).status]).toEqual([method, 200]);
      expect([method, await status(), await status(), await status()]).toEqual([method, 200, 200, 429]);
    }
    clock.advance(2_000);
    await api.call("broadcast", { channels: Array.from({ length: 1_000 }, (_, index) => `${index}`), data: 1 });
    expect(await status()).toBe(429);
    clock.advance(300);
    expect(await status()).toBe(200);
  });

  test("one key over its rate does not slow another, and gets its rate back", async () => {
    const clock = new ManualClock();
    await using api = await startApi({ http_api: { keys, rate_limit: 2 } }, { clock });
    const status = async (key: string) => (await api.call("history", { channel: "news" }, { "X-API-Key": key })).status;
    expect([await status("apikey"), await status("apikey"), await status("apikey")]).toEqual([200, 200, 429]);
    expect(await status("reader key")).toBe(200);
    clock.advance(500);
    expect([await status("apikey"), await status("apikey")]).toEqual([200, 429]);
  });
});
