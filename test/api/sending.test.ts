import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createMessageStore } from "../../src/messages/store.ts";
import { createMessages } from "../../src/operations/messages.ts";
import { createRecorder } from "../../src/operations/recorder.ts";
import { systemRandom } from "../../src/runtime/system.ts";
import { startServer } from "../../src/server.ts";
import { apiKey, startApi } from "../support/api.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { ManualClock } from "../support/clock.ts";
import { everything, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { freshPushPath } from "../support/push-path.ts";

setDefaultTimeout(testTimeout);

const message = (data: string) => ({ push: { message: { data } } });
const nobody = { connections: 0, queued: false };

describe("who receives a message", () => {
  test("two users on three connections of both protocols each receive exactly what is theirs", async () => {
    await using api = await startApi();
    const [ann, annPlain, bob] = [await api.centrifuge("ann"), await api.plain("ann"), await api.plain("bob")];
    const to = async (user: string, data: string) => (await api.call("send", { user, data })).json.result;
    expect(await to("ann", "1")).toEqual({ connections: 2, queued: false });
    expect(await to("bob", "2")).toEqual({ connections: 1, queued: false });
    expect(await to("ann", "3")).toEqual({ connections: 2, queued: false });
    expect(await to("cleo", "4")).toEqual(nobody);
    expect(await ann.rest()).toEqual([message("1"), message("3")]);
    expect([await annPlain.next(), await annPlain.next()]).toEqual(["1", "3"]);
    await to("bob", "last");
    expect([await bob.next(), await bob.next()]).toEqual(["2", "last"]);
  });

  test("a message that code in this process sends is in the publish log, without the name of a key", async () => {
    const server = await startServer(
      { http_server: { port: 0 }, http_api: { key: "apikey" }, push_log: { path: freshPushPath() } },
      { log: new CapturedLog().log },
    );
    try {
      await server.send({ user: "ann" }, "hi");
      const body = JSON.stringify({ user: "ann" });
      const response = await fetch(`${server.url}/api/push_log`, { method: "POST", headers: apiKey, body });
      const { result } = (await response.json()) as { result: { entries: readonly object[] } };
      expect(result.entries).toMatchObject([{ method: "send", key: "", connections: 0, outcome: "nobody" }]);
    } finally {
      await server.stop();
    }
  });

  test("[AP81] one connection can be meant, by its id alone or with its user, and not with another", async () => {
    await using api = await startApi();
    const [first, second] = [await api.centrifuge("ann"), await api.centrifuge("ann")];
    const to = async (body: object) => (await api.call("send", { ...body, data: "x" })).json.result;
    expect(await to({ client: first.client })).toEqual({ connections: 1, queued: false });
    expect(await to({ user: "ann", client: second.client })).toEqual({ connections: 1, queued: false });
    expect(await to({ user: "bob", client: second.client })).toEqual(nobody);
    expect(await to({ client: "no such" })).toEqual(nobody);
    // The user is there, so nothing is kept for a connection that is not.
    expect(await to({ user: "ann", client: "no such", queue_ttl_s: 60 })).toEqual(nobody);
    expect([await first.rest(), await second.rest()]).toEqual([[message("x")], [message("x")]]);
  });

  test("an echo hears no messages, and does not count as reached", async () => {
    await using api = await startApi();
    const echo = await new Probe(`${api.ws}/echo?token=${tokenFor({ sub: "ann" })}`).open();
    await api.log.next("connection.authenticated", { dialect: "echo" });
    expect((await api.call("send", { user: "ann", data: 1 })).json.result).toEqual(nobody);
    echo.send("only this");
    expect(await echo.next()).toBe("only this");
  });
});

describe("what waits", () => {
  test("[AP83] a hundred large messages reach one client in their order, more than it may leave unsent at once", async () => {
    await using api = await startApi();
    const data = (index: number) => `${index} ${"x".repeat(60_000)}`;
    for (let index = 0; index < 100; index += 1) {
      const sent = await api.call("send", { user: "ann", data: data(index), queue_ttl_s: 600 });
      expect(sent.json).toEqual({ result: { connections: 0, queued: true } });
    }
    const full = await api.call("send", { user: "ann", data: "one more", queue_ttl_s: 600 });
    expect(full.json).toEqual({ error: { code: 106, message: "limit exceeded: too many messages wait" } });
    const ann = await api.centrifuge("ann");
    const heard = await ann.take(100);
    expect(heard).toEqual(Array.from({ length: 100 }, (_, index) => message(data(index))));
    expect((await api.call("send", { user: "ann", data: "live" })).json.result.connections).toBe(1);
    expect(await ann.next()).toEqual(message("live"));
  });

  test("[AP84] what is over, or too large, or for nobody, is refused or gone, and says which field", async () => {
    const clock = new ManualClock();
    await using api = await startApi({ push_queue: { ttl: "10s" } }, { clock });
    const error = async (body: object) => (await api.call("send", body)).json.error;
    const large = { code: 107, message: "bad request: data: expected at most 65536 bytes where it may have to wait" };
    expect(await error({ user: "ann", data: "x".repeat(70_000), queue_ttl_s: 5 })).toEqual(large);
    expect((await error({ client: "c", data: 1, queue_ttl_s: 5 })).message).toContain("queue_ttl_s");
    expect((await error({ data: 1 })).message).toContain("user");
    expect((await error({ user: "ann", b64data: "no base64!" })).message).toContain("b64data");
    expect((await error({ user: "ann", data: 1, queue_ttl_s: 1, ttl: "1s" })).message).toContain(
      "ttl: expected either",
    );
    expect((await error({ user: "ann", data: 1, ttl: "soon" })).message).toContain("ttl: expected a duration");
    expect((await api.call("send", { user: "kim", data: 1, ttl: "24h" })).json.result.queued).toBe(true);
    expect((await error({ user: "ann", data: 1, queue_ttl_s: 1.5 })).message).toContain("queue_ttl_s");
    const kept = async (data: string, ttl: number) =>
      (await api.call("send", { user: "ann", data, queue_ttl_s: ttl })).json.result.queued;
    expect([await kept("short", 5), await kept("long", 8), await kept("longer than allowed", 60)]).toEqual([
      true,
      true,
      true,
    ]);
    clock.advance(5_000);
    const ann = await api.centrifuge("ann");
    expect(await ann.rest()).toEqual([message("long"), message("longer than allowed")]);
    await kept("late", 60);
    clock.advance(10_000);
    expect(await ann.rest()).toEqual([message("late")]);
  });

  test("the log tells that a message waits, and that it was delivered later, and to whom", async () => {
    await using api = await startApi();
    await api.call("send", { user: "ann", data: "12345", queue_ttl_s: 60, idempotency_key: "k" });
    const ann = await api.centrifuge("ann");
    expect(await ann.rest()).toEqual([message("12345")]);
    const { entries } = (await api.call("push_log", { user: "ann" })).json.result;
    const common = { method: "send", target: "ann", user: "ann", bytes: 7 };
    expect(entries).toEqual([
      {
        ...common,
        time: expect.any(Number),
        key: "",
        target: ann.client,
        client: ann.client,
        connections: 1,
        queued: false,
        outcome: "delivered_later",
      },
      {
        ...common,
        time: expect.any(Number),
        key: "default",
        connections: 0,
        queued: true,
        outcome: "queued",
        idempotency_key: "k",
      },
    ]);
  });

  test("a process without an API keeps messages as well, and makes no file before", async () => {
    const path = freshPushPath();
    const config = { http_server: { port: 0 }, channel: { without_namespace: everything }, push_log: { path } };
    const client = { allow_anonymous_connect_without_token: true, token: { hmac_secret_key: "secret" } };
    const server = await startServer({ ...config, client, engine: { type: "memory" } }, { log: new CapturedLog().log });
    expect(await server.send({ user: "ann" }, "lost")).toEqual(nobody);
    expect(await Bun.file(path).exists()).toBe(false);
    expect(await server.send({ user: "ann" }, "kept", { queueTtl: 60_000 })).toEqual({ connections: 0, queued: true });
    const url = `${server.url.replace("http", "ws")}/ws?channel=news&token=${tokenFor({ sub: "ann" })}`;
    using probe = await new Probe(url).open();
    expect(await probe.next()).toBe("kept");
    await server.stop();
  });
});

describe("a repeated key", () => {
  test("F28 belongs to whom the message was for, and its first answer is kept over a restart", async () => {
    const path = freshPushPath();
    const sent = { user: "ann", data: 1, queue_ttl_s: 60, idempotency_key: "same" };
    const before = await startApi({ push_log: { path } });
    expect((await before.call("send", sent)).json.result).toEqual({ connections: 0, queued: true });
    expect((await before.call("send", { ...sent, user: "bob" })).json.result.queued).toBe(true);
    await before.stop();
    await using api = await startApi({ push_log: { path } });
    expect((await api.call("send", sent)).json.result).toEqual({ connections: 0, queued: true });
    const [ann, bob] = [await api.centrifuge("ann"), await api.centrifuge("bob")];
    for (const probe of [ann, bob]) expect(await probe.rest()).toEqual([{ push: { message: { data: 1 } } }]);
    expect((await api.call("send", sent)).json.result).toEqual({ connections: 0, queued: true });
    expect(await ann.rest()).toEqual([]);
  });

  test("[AP88] where it cannot be kept the message is refused, and nobody receives it", async () => {
    await using api = await startApi();
    const ann = await api.centrifuge("ann");
    const clock = new ManualClock();
    const parts = { clock, log: api.log.log, schedule: () => {} };
    const options = { enabled: false, retention: 1, size: 1, payloads: false };
    const store = createMessageStore({ path: freshPushPath(), log: options, inbox: { size: 1, ttl: 1_000 } }, parts);
    store.close();
    const recorder = createRecorder({ publishLog: null, logPayloads: false, clock, receivers: () => 0 });
    const { hub, registry } = api.node;
    const { send } = createMessages({
      hub,
      registry,
      inbox: store.inbox,
      canKeep: true,
      random: systemRandom,
      clock,
      recorder,
      others: null,
    });
    const data = { kind: "json", json: '"never"' } as const;
    const failed = { ok: false, error: { code: 100 } };
    expect(send({ user: "ann" }, data, { idempotencyKey: "k" }, null)).toMatchObject(failed);
    expect(send({ user: "bob" }, data, { queueTtl: 1_000 }, null)).toMatchObject(failed);
    expect(send({ user: "ann" }, { kind: "json", json: '"without a key"' }, {}, null)).toMatchObject({ ok: true });
    expect(await ann.rest()).toEqual([message("without a key")]);
  });
});

test("what is sent is bytes to a plain client and base64 to another, and is sent as it came", async () => {
  await using api = await startApi();
  const [ann, plain] = [await api.centrifuge("ann"), await api.plain("ann")];
  const bytes = Uint8Array.of(0, 255, 128);
  await api.call("send", { user: "ann", b64data: Buffer.from(bytes).toString("base64") });
  expect(await plain.next()).toEqual(bytes);
  expect(await ann.next()).toEqual(message("AP+A"));
  await api.call("send", '{"user":"ann","data":{"n": 1.50}}', apiKey);
  expect(await plain.next()).toBe('{"n": 1.50}');
});
