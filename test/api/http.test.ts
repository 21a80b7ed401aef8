import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import type { ConfigInput } from "../../src/config/config.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { ManualClock } from "../support/clock.ts";
import { Probe } from "../support/probe.ts";
import { freshPushPath } from "../support/push-path.ts";
import { startWithParts } from "../support/start.ts";

const secret = "a secret of at least thirty-two bytes";
const open = { allow_subscribe_for_client: true, allow_subscribe_for_anonymous: true };
const base = {
  http_server: { port: 0 },
  client: { allow_anonymous_connect_without_token: true, token: { hmac_secret_key: secret } },
  http_api: { key: "sesame", keys: [{ name: "narrow", key: "narrow", methods: ["publish"], channels: ["news*"] }] },
  engine: { type: "memory" },
  log: { level: "error" },
  channel: { without_namespace: open, namespaces: [{ name: "kept", ...open, history_size: 10, history_ttl: "60s" }] },
} satisfies ConfigInput;

function tokenOf(user: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: user })}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

type Body = Record<string, unknown> | string;

async function start(path = freshPushPath(), more: ConfigInput = {}) {
  const clock = new ManualClock();
  const captured = new CapturedLog();
  const server = startWithParts({ ...base, ...more, push_log: { path } }, { clock, log: captured.log });
  const call = async (method: string, body: Body, headers: Record<string, string> = { "X-API-Key": "sesame" }) => {
    const response = await fetch(`${server.url}/api/${method}`, {
      method: "POST",
      headers,
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, text, json: text.startsWith("{") ? JSON.parse(text) : null };
  };
  const ws = server.url.replace("http", "ws");
  const plain = async (user: string) => {
    const probe = await new Probe(`${ws}/ws?channel=news&token=${tokenOf(user)}`).open();
    await captured.next("connection.authenticated", { user });
    return probe;
  };
  const centrifuge = async (user: string) => {
    const probe = await new Probe(`${ws}/connection/websocket`).open();
    probe.send(JSON.stringify({ id: 1, connect: { token: tokenOf(user) } }));
    expect(await probe.nextText()).toContain('"connect"');
    return probe;
  };
  return { ...server, clock, call, plain, centrifuge, [Symbol.asyncDispose]: async () => void (await server.stop()) };
}

describe("the HTTP API", () => {
  test("[AP10] without a key there is no API", async () => {
    const server = startWithParts({ ...base, http_api: {} });
    const response = await fetch(`${server.url}/api/publish`, { method: "POST", body: "{}" });
    expect(response.status).toBe(404);
    await server.stop();
  });

  test("[AP11] T62 405 comes before the key, 401 has no body, 404 an unknown method, also one of an object's own", async () => {
    await using server = await start();
    expect((await fetch(`${server.url}/api/publish`)).status).toBe(405);
    expect(await server.call("publish", {}, {})).toMatchObject({ status: 401, text: "" });
    for (const name of ["nothing", "constructor", "toString"]) expect((await server.call(name, {})).status).toBe(404);
  });

  test.each([
    ["", "an empty body"],
    ["{", "no JSON"],
    ["[".repeat(2_000), "too deep"],
    [{ channel: 5, data: 1 }, "a wrong type"],
    [{ channel: "news", data: 1, tags: { a: 1 } }, "a wrong type within"],
  ])("[AP12] a body that cannot be read is 400 with its place on the second line: %p", async (body) => {
    await using server = await start();
    const { status, text } = await server.call("publish", body);
    expect(status).toBe(400);
    expect(text).toMatch(/^Bad Request\n.+\n$/);
  });

  test("[AP13] T64 a body over the limit is 413, one with an encoding 415, too many channels 107, over the rate 429", async () => {
    const limits = { ...base.http_api, body_size_limit: 1_000, broadcast_limit: 3, rate_limit: 4 };
    await using server = await start(freshPushPath(), { http_api: limits });
    expect((await server.call("publish", { channel: "news", data: "x".repeat(2_000) })).status).toBe(413);
    const encoded = { "X-API-Key": "sesame", "Content-Encoding": "gzip" };
    expect((await server.call("publish", { channel: "news", data: 1 }, encoded)).status).toBe(415);
    const many = await server.call("broadcast", { channels: ["a", "b", "c", "d"], data: 1 });
    expect(many.json).toEqual({ error: { code: 107, message: "bad request: channels: expected at most 3" } });
    const statuses = [];
    for (let index = 0; index < 3; index += 1) statuses.push((await server.call("info", {})).status);
    expect(statuses).toContain(429);
  });

  test("[AP14] a payload goes through as the bytes that came, alone, in a batch and in a line", async () => {
    await using server = await start();
    const probe = await server.plain("ann");
    const raw = '{"a":1.50,  "b":12345678901234567890}';
    await server.call("publish", `{"channel":"news","data":${raw}}`);
    expect(await probe.next()).toBe(raw);
    await server.call("batch", `{"commands":[{"info":{}},{"publish":{"data":${raw},"channel":"news"}}]}`);
    expect(await probe.next()).toBe(raw);
    const line = await server.call("", `{"id":7,"method":"publish","params":{"channel":"news","data":${raw}}}\n`);
    expect([line.text, await probe.next()]).toEqual(['{"id":7,"result":{}}', raw]);
  });

  test("[AP15] b64data is bytes to a plain client, and JSON where it is JSON", async () => {
    await using server = await start();
    const probe = await server.plain("ann");
    await server.call("publish", { channel: "news", b64data: Buffer.from([0, 255, 1]).toString("base64") });
    expect(await probe.next()).toEqual(Uint8Array.of(0, 255, 1));
    await server.call("publish", { channel: "news", b64data: Buffer.from('{"a":1}').toString("base64") });
    expect(await probe.next()).toBe('{"a":1}');
  });

  test("[AP16] a key with scopes may do that alone", async () => {
    await using server = await start();
    const narrow = { "X-API-Key": "narrow" };
    expect((await server.call("publish", { channel: "news1", data: 1 }, narrow)).json).toEqual({ result: {} });
    for (const [method, body] of [
      ["publish", { channel: "other", data: 1 }],
      ["history", { channel: "news" }],
    ] as const) {
      expect((await server.call(method, body, narrow)).json.error.code).toBe(103);
    }
  });

  test("[AP17] exclude_client spares the connection that it names", async () => {
    await using server = await start();
    const [spared, other] = [await server.centrifuge("ann"), await server.centrifuge("bob")];
    const ids: string[] = [];
    for (const probe of [spared, other]) {
      probe.send('{"id":2,"subscribe":{"channel":"news"}}');
      await probe.nextText();
    }
    for (const { id } of server.node.registry.ofUser("ann")) ids.push(id);
    await server.call("publish", { channel: "news", data: "first", exclude_client: ids[0] ?? "" });
    await server.call("publish", { channel: "news", data: "second" });
    expect(await other.nextText()).toContain("first");
    expect(await spared.nextText()).toContain("second");
  });

  test("no page of another origin is let in by headers", async () => {
    await using server = await start();
    const preflight = await fetch(`${server.url}/api/publish`, {
      method: "OPTIONS",
      headers: { Origin: "https://e.example" },
    });
    expect(preflight.status).toBe(405);
    expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("push to a user", () => {
  test("[AP20] every connection of the user has it, in its protocol, and nobody else", async () => {
    await using server = await start();
    const [plain, centrifuge, other] = [
      await server.plain("ann"),
      await server.centrifuge("ann"),
      await server.centrifuge("bob"),
    ];
    const sent = await server.call("send", { user: "ann", data: { n: 1 } });
    expect(sent.json).toEqual({ result: { connections: 2, queued: false } });
    expect(await plain.next()).toBe('{"n":1}');
    expect(await centrifuge.next()).toBe('{"push":{"message":{"data":{"n":1}}}}');
    await server.call("send", { user: "bob", data: "only bob" });
    expect(await other.next()).toBe('{"push":{"message":{"data":"only bob"}}}');
  });

  test("[AP21] what is sent to one who is away waits, over a restart too, and is given once after the connect reply", async () => {
    const path = freshPushPath();
    const before = await start(path);
    expect((await before.call("send", { user: "ann", data: 1, queue_ttl_s: 60 })).json.result).toEqual({
      connections: 0,
      queued: true,
    });
    expect((await before.call("send", { user: "ann", data: 2 })).json.result).toEqual({
      connections: 0,
      queued: false,
    });
    await before.stop();
    await using server = await start(path);
    const first = await server.centrifuge("ann");
    expect(await first.next()).toBe('{"push":{"message":{"data":1}}}');
    const second = await server.centrifuge("ann");
    await server.call("send", { user: "ann", data: 3 });
    expect(await second.next()).toBe('{"push":{"message":{"data":3}}}');
  });

  test("[AP22] F28 a repeated key has no second effect and gets the first answer", async () => {
    await using server = await start();
    const probe = await server.centrifuge("ann");
    const push = { user: "ann", data: "once", idempotency_key: "k" };
    const first = await server.call("send", push);
    await probe.close(1000);
    const again = await server.call("send", { ...push, data: "twice" });
    expect(again.json).toEqual(first.json);
  });

  test("[AP23] a mistake is 107 and names its field; nothing is sent", async () => {
    await using server = await start();
    for (const [body, field] of [
      [{ user: 5, data: 1 }, "user"],
      [{ user: "ann" }, "data"],
      [{ user: "ann", data: 1, queue_ttl_s: -1 }, "queue_ttl_s"],
    ] as const) {
      const { json } = await server.call("send", body);
      expect(json.error.code).toBe(107);
      expect(json.error.message).toContain(field);
    }
    expect((await server.call("send", { data: 1 })).json.error.code).toBe(107);
  });
});

describe("the push log", () => {
  test("[AP30] tells of each push who, what, to whom and what became of it, newest first and page by page", async () => {
    await using server = await start();
    await server.call("publish", { channel: "kept:a", data: "private" });
    await server.call("publish", { channel: "news", data: 1 }, { "X-API-Key": "narrow" });
    await server.call("send", { user: "ann", data: "private", queue_ttl_s: 9 });
    await server.call("broadcast", { channels: ["news", "nope:x"], data: 1 });
    const { json } = await server.call("push_log", { limit: 4 });
    expect(
      json.result.entries.map(({ method, key, target, outcome, queued }: Record<string, unknown>) => [
        method,
        key,
        target,
        outcome,
        queued,
      ]),
    ).toEqual([
      ["broadcast", "default", "nope:x", "102", false],
      ["broadcast", "default", "news", "ok", false],
      ["send", "default", "ann", "queued", true],
      ["publish", "narrow", "news", "ok", false],
    ]);
    const rest = await server.call("push_log", { cursor: json.result.cursor });
    expect(rest.json.result.entries).toMatchObject([{ method: "publish", channel: "kept:a", offset: 1, bytes: 9 }]);
    expect(JSON.stringify([json, rest.json])).not.toContain("private");
    const filtered = await server.call("push_log", { user: "ann" });
    expect(filtered.json.result.entries).toHaveLength(1);
  });
});
