import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Input } from "../../src/app/configured.ts";
import { startConfigured } from "../../src/app/configured.ts";
import type { Timers } from "../../src/core/timers.ts";
import { systemTimers } from "../../src/runtime/system.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { testTimeout } from "../support/patience.ts";
import { type StartedServer, startWithParts } from "../support/start.ts";
import { Operator } from "./operator.ts";

setDefaultTimeout(testTimeout);

const consoleKey = "the-key-of-the-console";
const apiKey = "the-key-of-the-api";
const open = {
  allow_subscribe_for_client: true,
  allow_subscribe_for_anonymous: true,
  allow_publish_for_client: true,
  allow_publish_for_anonymous: true,
  history_size: 10,
  history_ttl: "60s",
};
const config = {
  http_server: { port: 0 },
  engine: { type: "memory" },
  client: { allow_anonymous_connect_without_token: true, insecure: true },
  channel: { without_namespace: open },
  http_api: { key: apiKey },
  push_log: { enabled: false },
  console: { enabled: true, key: consoleKey },
} as const satisfies Input;

const servers: StartedServer[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

function start(input: Input = config, options: Parameters<typeof startWithParts>[1] = {}): StartedServer {
  const server = startWithParts(input, { log: new CapturedLog("error").log, ...options });
  servers.push(server);
  return server;
}

const socketOf = (server: StartedServer) => server.url.replace("http", "ws");

function problemsOf(input: Input): readonly string[] {
  const outcome = startConfigured(input, { listen: false, log: new CapturedLog("error").log });
  if (!outcome.ok) return outcome.error;
  servers.push({ ...outcome.value.inProcess, ...outcome.value });
  return [];
}

describe("where the console is served", () => {
  test("[KO2] it is off unless `console.enabled` is on", async () => {
    const { console: _, ...without } = config;
    const { url } = start(without);
    expect((await fetch(`${url}/console`)).status).toBe(404);
    expect((await fetch(`${url}/console/`)).status).toBe(404);
  });

  test("[KO3] with an internal port it is on that one alone, with its WebSocket", async () => {
    const server = start({ ...config, http_server: { port: 0, internal_port: 0 } });
    const inside = server.internalUrl ?? "";
    expect((await fetch(`${server.url}/console/`)).status).toBe(404);
    expect((await fetch(`${inside}/console/`)).status).toBe(200);
    using operator = await Operator.connect(inside, consoleKey);
    expect((await operator.call("search", { by: "user", text: "" })).connections).toEqual([]);
    await expect(Operator.connect(server.url, consoleKey)).rejects.toThrow();
  });

  test.each([
    [{ http_server: { port: 0, address: "0.0.0.0" } }, /^console.key: expected a key, because .* at "0.0.0.0"/],
    [{ http_server: { port: 0, internal_port: 0, internal_address: "0.0.0.0" } }, /^console.key: expected a key/],
    [{ http_server: { port: 0, trusted_proxies: ["127.0.0.1"] } }, /^console.key: .*trusted_proxies/],
  ] as const)("[KO4] without a key it is refused where others can reach it: %j", (changes, line) => {
    const problems = problemsOf({ ...config, ...(changes as Input), console: { enabled: true } });
    expect(problems).toEqual([expect.stringMatching(line)]);
  });

  test("[KO4] on a loopback address it may do without a key", () => {
    expect(problemsOf({ ...config, console: { enabled: true } })).toEqual([]);
  });

  test("[KO5] its key is no other key of the server", () => {
    const problems = problemsOf({ ...config, console: { enabled: true, key: apiKey } });
    expect(problems).toEqual(["console.key: expected a key that is used nowhere else"]);
  });

  test("[KO6] its page loads from its own folder, under the strict policy", async () => {
    const { url } = start();
    const redirect = await fetch(`${url}/console`, { redirect: "manual" });
    expect([redirect.status, redirect.headers.get("location")]).toEqual([307, "./console/"]);
    const page = await fetch(`${url}/console/`);
    const policy = page.headers.get("content-security-policy") ?? "";
    for (const rule of ["default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'"]) {
      expect(policy).toContain(rule);
    }
    const paths = [...(await page.text()).matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, path]) => path);
    expect(paths.length).toBeGreaterThanOrEqual(3);
    for (const path of paths) expect((await fetch(`${url}/console/${path}`)).status).toBe(200);
  });
});

describe("who may use it", () => {
  test.each([
    ["a wrong key", "wrong"],
    ["the key of the API", apiKey],
    ["no key", ""],
  ])("[KO5] %s is refused with 101", async (_, token) => {
    const { url } = start();
    await expect(Operator.connect(url, token)).rejects.toThrow("101");
  });

  test("[KO7] a page of another origin cannot connect", async () => {
    const server = start();
    const answer = await fetch(`${server.url}/console/connection/websocket`, {
      headers: {
        Origin: "https://elsewhere.example",
        Upgrade: "websocket",
        Connection: "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      },
    });
    expect(answer.status).toBe(403);
  });

  test("[KO8] its channels are closed to every client, key and pattern of the server", async () => {
    const server = start({
      ...config,
      channel: { ...config.channel, namespace_boundary: "/", private_prefix: "" },
      http_api: { key: apiKey, keys: [{ name: "all", key: "another-key-of-the-api", channels: ["*"] }] },
    });
    using probe = await CentrifugeProbe.connect(socketOf(server));
    const refused = { error: expect.objectContaining({ code: 102 }) };
    const channel = "chorus:overview";
    expect(await probe.ask("subscribe", { channel })).toMatchObject(refused);
    expect(await probe.ask("publish", { channel, data: {} })).toMatchObject(refused);
    expect(await probe.ask("history", { channel })).toMatchObject(refused);
    for (const header of [apiKey, "another-key-of-the-api"]) {
      for (const method of ["publish", "history", "presence"]) {
        const body = JSON.stringify({ channel, data: {} });
        const answer = await fetch(`${server.url}/api/${method}`, {
          method: "POST",
          headers: { "X-API-Key": header },
          body,
        });
        expect(await answer.json()).toMatchObject({ error: { code: 102 } });
      }
    }
  });

  test("[KO8] a configuration cannot have the namespace", () => {
    const channel = { namespaces: [{ name: "chorus" }] };
    expect(problemsOf({ ...config, channel })).toEqual([expect.stringMatching(/^channel\.namespaces\[0\]\.name: /)]);
  });

  test("the console's own connections are not counted, and reach no channel of the server", async () => {
    const server = start();
    using operator = await Operator.connect(server.url, consoleKey);
    const news = operator.client.newSubscription("news");
    const refused = new Promise<number>((resolve) => news.on("unsubscribed", ({ code }) => resolve(code)));
    news.subscribe();
    expect(await refused).toBeGreaterThan(0);
    expect(server.node.registry.count().connections).toBe(0);
    expect(server.node.counters.accepted).toBe(0);
  });
});

describe("what it shows", () => {
  test.concurrent("[KO9] a sample counts connections by state and protocol, each second while it is followed, and else nothing runs", async () => {
    const intervals = new Set<object>();
    const timers: Timers = {
      ...systemTimers,
      setInterval: (run, interval) => {
        const timer = systemTimers.setInterval(run, interval);
        intervals.add(timer);
        return {
          cancel: () => {
            intervals.delete(timer);
            timer.cancel();
          },
        };
      },
    };
    const server = start(config, { timers });
    using _probe = await CentrifugeProbe.connect(socketOf(server));
    const unwatched = intervals.size;
    using operator = await Operator.connect(server.url, consoleKey);
    const overview = operator.follow("overview");
    const sample = await overview.next(({ connections }) => connections === 1);
    expect(sample).toMatchObject({
      states: { "authenticated.ready": 1 },
      protocols: { centrifuge: 1 },
      hub: "running",
    });
    await overview.next(({ at }) => at > sample.at);
    expect(intervals.size).toBe(unwatched + 1);
    await overview.leave();
    while (intervals.size > unwatched) await operator.call("log", {});
  });

  test("[KO10] connections are found by user, id, channel and address", async () => {
    const server = start();
    using one = await CentrifugeProbe.connect(socketOf(server));
    using _other = await CentrifugeProbe.connect(socketOf(server));
    await one.ask("subscribe", { channel: "news" });
    using operator = await Operator.connect(server.url, consoleKey);
    const found = async (by: string, text: string) => {
      const { connections } = await operator.call("search", { by, text });
      return connections.map(({ id }: { id: string }) => id);
    };
    expect(await found("channel", "news")).toEqual([one.client]);
    expect(await found("id", one.client)).toEqual([one.client]);
    expect(await found("address", "127.")).toHaveLength(2);
    expect(await found("address", "10.")).toEqual([]);
    expect(await found("user", "nobody")).toEqual([]);
  });

  test("[KO11] one connection is watched: state, subscriptions, timeline without payloads; another one takes its place", async () => {
    const server = start();
    using probe = await CentrifugeProbe.connect(socketOf(server));
    using second = await CentrifugeProbe.connect(socketOf(server));
    await probe.subscribe("news", { positioned: true });
    using operator = await Operator.connect(server.url, consoleKey);
    const watched = operator.follow(`connection:${probe.client}`);
    const first = await watched.next(({ connection }) => connection?.subscriptions.length === 1);
    expect(first.connection).toMatchObject({
      state: "authenticated.ready",
      subscriptions: [{ channel: "news", offset: 0 }],
    });
    await probe.ask("history", { channel: "news", limit: 10 });
    probe.send(probe.command("publish", { channel: "news", data: { text: "a secret word" } }));
    const entries = () => watched.updates.flatMap((update) => update.entries);
    await watched.next(() => entries().some(({ type }) => type === "reply history"));
    expect(entries()).toContainEqual(
      expect.objectContaining({ direction: "in", type: "client.history", channel: "news" }),
    );
    await watched.next(({ connection }) => connection?.subscriptions[0]?.offset === 1);
    expect(JSON.stringify(watched.updates)).not.toContain("secret");
    await operator.follow(`connection:${second.client}`).next(({ connection }) => connection?.id === second.client);
    expect((await watched.next(({ ended }) => ended !== null)).ended).toBe("other");
  });

  test.concurrent.each([
    [false, undefined],
    [true, '{"text":"a secret word"}'],
  ])(
    "[KO12] a channel shows its history and what is published; the data with `console.payloads` %p alone",
    async (payloads, data) => {
      const server = start({ ...config, console: { ...config.console, payloads } });
      await server.publish("news", { text: "a secret word" });
      using operator = await Operator.connect(server.url, consoleKey);
      const { publications } = await operator.call("history", { channel: "news" });
      expect(publications).toEqual([{ offset: 1, bytes: 24, user: null, ...(data !== undefined && { data }) }]);
      const live = operator.follow("channel:news");
      await live.next(({ facts }) => facts.offset === 1 && facts.size === 10);
      await live.subscribed();
      await server.publish("news", { text: "a secret word" });
      const update = await live.next(({ publications: shown }) => shown.length > 0);
      expect(update.publications[0]?.data).toBe(data);
    },
  );

  test("[KO13] warnings of the log are kept, the last 200", async () => {
    const server = start();
    using operator = await Operator.connect(server.url, consoleKey);
    for (let i = 0; i < 3; i += 1) await Operator.connect(server.url, "wrong").catch(() => {});
    const lines = await operator.call("log", {});
    expect(lines.map(({ event }: { event: string }) => event)).toEqual(Array(3).fill("console.refused"));
    expect(JSON.stringify(lines)).not.toContain("wrong");
  });
});

describe("what an operator does", () => {
  test("[KO14] disconnects, unsubscribes and publishes, and the log says who did", async () => {
    const log = new CapturedLog();
    const server = start(config, { log: log.log });
    using probe = await CentrifugeProbe.connect(socketOf(server));
    await probe.ask("subscribe", { channel: "news" });
    using operator = await Operator.connect(server.url, consoleKey, "Ann \u202e<b>");
    expect(await operator.call("publish", { channel: "news", data: { hello: 1 } })).toMatchObject({ offset: 1 });
    expect(await probe.next()).toMatchObject({ push: { channel: "news", pub: { data: { hello: 1 } } } });
    await operator.call("unsubscribe", { connection: probe.client, channel: "news" });
    expect(await probe.next()).toMatchObject({ push: { channel: "news", unsubscribe: {} } });
    await operator.call("disconnect", { connection: probe.client });
    expect((await probe.closed()).code).toBe(3503);
    const lines = log.lines.filter(({ event }) => event === "console.action");
    expect(lines.map(({ action }) => action)).toEqual(["publish", "unsubscribe", "disconnect"]);
    for (const line of lines) expect(line).toMatchObject({ operator: "Ann \\u202e<b>", address: "127.0.0.1" });
    await expect(operator.call("disconnect", { connection: "no connection" })).rejects.toMatchObject({ code: 104 });
  });

  test("the end of the server ends the console's connections with 3001", async () => {
    const server = startWithParts(config, { log: new CapturedLog("error").log });
    using operator = await Operator.connect(server.url, consoleKey);
    const ended = new Promise<number>((resolve) => operator.client.on("connecting", ({ code }) => resolve(code)));
    await server.stop();
    expect(await ended).toBe(3001);
  });
});
