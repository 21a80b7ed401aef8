import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHmac } from "node:crypto";
import type { Socket } from "node:net";
import { errors } from "../../src/core/errors.ts";
import type { Hook } from "../../src/hooks/hooks.ts";
import { connectResult, publishResult } from "../../src/hooks/http/results.ts";
import { testTimeout } from "../support/patience.ts";
import { Asked, CallerFixture } from "./fixture.ts";
import { httpHooks, startRawServer } from "./http-backend.ts";

setDefaultTimeout(testTimeout);

const data = { kind: "json", json: '{"a" : 1.0}' } as const;
const request = { method: "m", data };
const servers: { stop(force: boolean): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop(true);
});

function serve(fetch: (request: Request) => Response | Promise<Response>): string {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch });
  servers.push(server);
  return server.url.href;
}

const rpcOf = (url: string, more = {}): Hook<"rpc"> => httpHooks(url, more).rpc("m") as Hook<"rpc">;

/** What becomes of one call, and what the log says of it. */
async function call(hook: Hook<"rpc">, fixture = new CallerFixture()) {
  const outcome = await new Asked(fixture.connect(), hook, request).outcome;
  return { outcome, line: fixture.log.text.at(-1) ?? "" };
}

/** What becomes of a connect that is answered with this text. */
async function connect(text: string) {
  const hook = httpHooks(serve(() => new Response(text))).connect("") as Hook<"connect">;
  const fixture = new CallerFixture();
  const asked = new Asked(fixture.connect(), hook, { token: "", data: null, name: "", version: "", channels: [] });
  return { outcome: await asked.outcome, line: fixture.log.text.at(-1) ?? "" };
}

const failed = { kind: "failed", error: errors.internal } as const;

describe("a back end over HTTP that fails", () => {
  test("[HH1] refuses connections: error 100, and the log names the place without credentials and query", async () => {
    await using server = await startRawServer(() => {});
    const { port } = new URL(server.url);
    await server[Symbol.asyncDispose]();
    const { outcome, line } = await call(rpcOf(`http://ann:sesame@127.0.0.1:${port}/hook?key=sesame`));
    expect(outcome).toEqual(failed);
    expect(line).toContain(`http://127.0.0.1:${port}/hook: `);
    expect(line).not.toContain("sesame");
  });

  test.each<[string, string, string]>([
    ["closes the connection", "", ""],
    ["sends half an answer", 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"result":', ""],
    ["answers what is not HTTP", "hello\r\n\r\n", ""],
    ["answers another status", "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}", "status 201"],
    ["redirects", "HTTP/1.1 307 Moved\r\nlocation: /moved\r\ncontent-length: 0\r\n\r\n", "status 307"],
    ["announces too much", "HTTP/1.1 200 OK\r\ncontent-length: 1048577\r\n\r\n{}", "longer than 1048576 bytes"],
    ["answers a list", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]", "wrong type"],
    ["answers more than JSON", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{} {}", "not JSON"],
    ["answers nothing", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "not JSON"],
  ])("[HH1] %s: error 100, and one line of the log", async (_, response, reason) => {
    const isOpen = reason.startsWith("longer");
    await using server = await startRawServer(
      (socket) => void (isOpen ? socket.write(response) : socket.end(response)),
    );
    const { outcome, line } = await call(rpcOf(server.url));
    expect(outcome).toEqual(failed);
    expect(line).toContain(reason);
  });

  test("[HH1] resets the connection: error 100, and one line of the log", async () => {
    await using server = await startRawServer((socket) => void socket.resetAndDestroy());
    const { outcome, line } = await call(rpcOf(server.url));
    expect(outcome).toEqual(failed);
    expect(line).toContain("ECONNRESET");
  });

  test("[HH1] answers byte by byte: error 100 at the timeout, which counts for the whole answer", async () => {
    const sockets: Socket[] = [];
    await using server = await startRawServer((socket) => {
      sockets.push(socket);
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{");
    });
    const fixture = new CallerFixture();
    const hook = rpcOf(server.url, { timeout: 1_000 });
    const asked = new Asked(fixture.connect(), hook, request);
    while (sockets.length === 0) await new Promise((resolve) => setImmediate(resolve));
    for (let drop = 0; drop < 9; drop += 1) {
      sockets[0]?.write(" ");
      fixture.alarm.advance(100);
    }
    expect(asked.outcomes).toEqual([]);
    fixture.alarm.advance(100);
    expect(await asked.outcome).toEqual(failed);
    expect(fixture.counts(hook)).toMatchObject({ timeouts: 1, inFlight: 0 });
    const line = await fixture.log.next("hook.failed");
    expect(line).toMatchObject({ place: server.url, error: "TimeoutError: the hook took too long" });
  });

  test.each<[string, string, string]>([
    ["has too many levels", `{"result":{"data":${"[".repeat(2_000)}${"]".repeat(2_000)}}}`, "too many levels"],
    ["has a time that no number holds", '{"result":{"expire_at":9007199254740993}}', "wrong type: result.expire_at"],
    ["begins with a byte order mark", '\ufeff{"result":{}}', "not JSON"],
    ["has a list as a subscription", '{"result":{"subs":{"a":[]}}}', "wrong type: result.subs.a"],
    ["has a list as an override", '{"result":{"subs":{"a":{"override":[]}}}}', "wrong type: result.subs.a"],
  ])("[HH1] an answer to connect that %s is error 100", async (_, text, reason) => {
    const { outcome, line } = await connect(text);
    expect(outcome).toEqual(failed);
    expect(line).toContain(reason);
  });

  test("an answer to connect may have the latest publication come with a subscription", async () => {
    const { outcome } = await connect('{"result":{"subs":{"a":{"cache_recover":true,"override":{"presence":{}}}}}}');
    expect(outcome.kind === "result" && outcome.result.subscriptions).toEqual([
      { channel: "a", override: { presence: false, cacheRecover: true } },
    ]);
  });

  test("an answer to connect may name as many channels as fit, without holding the event loop", async () => {
    const names = Array.from({ length: 60_000 }, (_, index) => `c${index}`);
    const subs = `{${names.map((name) => `"${name}":{}`).join(",")}}`;
    const { outcome } = await connect(`{"result":{"channels":["c7","other","__proto__"],"subs":${subs}}}`);
    expect(outcome.kind === "result" && outcome.result.subscriptions.map(({ channel }) => channel)).toEqual([
      "other",
      "__proto__",
      ...names,
    ]);
  });

  test("[HH1] a user or a key with a lone surrogate is a field of a wrong type", () => {
    const text = {} as Parameters<typeof connectResult>[0]["text"];
    expect(() => connectResult({ value: { user: "\ud800" }, text })).toThrow("wrong type: result.user");
    const value = { idempotency_key: "\udc00" };
    expect(() => publishResult({ value, text })).toThrow("wrong type: result.idempotency_key");
  });

  test("[HH1] an answer without an end is cut at its bound", async () => {
    const chunk = "x".repeat(65_536);
    const endless = () =>
      new Response(new ReadableStream({ pull: (body) => body.enqueue(Buffer.from(chunk)) }), { status: 200 });
    const { outcome, line } = await call(rpcOf(serve(endless)));
    expect(outcome).toEqual(failed);
    expect(line).toContain("longer than 1048576 bytes");
  });

  test("[HH2] the request of a client that has left is aborted", async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const url = serve((from) => {
      from.signal.addEventListener("abort", () => resolve());
      reach();
      return new Promise(() => {});
    });
    const client = new CallerFixture().connect();
    new Asked(client, rpcOf(url), request);
    await reached;
    client.end();
    await aborted;
  });
});

describe("a request of a hook", () => {
  test("[HH3] is signed with the key and with the one before, and carries the payload as it came", async () => {
    const { promise, resolve } = Promise.withResolvers<{ signature: string; body: string }>();
    const url = serve(async (from) => {
      resolve({ signature: from.headers.get("chorus-signature") ?? "", body: await from.text() });
      return Response.json({});
    });
    await call(rpcOf(url));
    const { signature, body } = await promise;
    const [, time = ""] = /^t=(\d+),/.exec(signature) ?? [];
    const digest = (key: string) => createHmac("sha256", key).update(`${time}.${body}`).digest("hex");
    expect(signature).toBe(`t=${time},v1=${digest("k1")},v1=${digest("k2")}`);
    expect(body).toContain(`"data":${data.json}`);
  });

  test("[HH4] takes no header of the client that the HTTP client sets, nor one that is not well-formed", async () => {
    const names = ["Content-Length", "Host", "Transfer-Encoding", "X-Good", "X-Bad"];
    const { promise, resolve } = Promise.withResolvers<Headers>();
    const url = serve((from) => {
      resolve(new Headers(from.headers));
      return Response.json({});
    });
    const fixture = new CallerFixture();
    const client = fixture.connect();
    client.client.emulated = { "content-length": "0", host: "evil", "x-good": "yes", "x-bad": "a\r\nevil: 1" };
    const hook = rpcOf(url, { http_headers: names, emulated_headers: names });
    expect(await new Asked(client, hook, request).outcome).toEqual({ kind: "none" });
    const headers = await promise;
    expect(headers.get("x-good")).toBe("yes");
    expect([headers.get("x-bad"), headers.get("evil"), headers.get("transfer-encoding")]).toEqual([null, null, null]);
    expect(headers.get("host")).not.toBe("evil");
  });

  test("bytes of the client that are not JSON are sent as base64 alone", async () => {
    const url = serve(async (from) => Response.json({ result: { data: await from.json() } }));
    const bytes = { method: "m", data: { kind: "binary", bytes: new Uint8Array([255, 1]) } } as const;
    const ask = (hook: Hook<"rpc">) => new Asked(new CallerFixture().connect(), hook, bytes).outcome;
    expect(await ask(rpcOf(url))).toEqual(failed);
    expect(JSON.stringify(await ask(rpcOf(url, { binary_encoding: true })))).toContain("b64data");
  });
});
