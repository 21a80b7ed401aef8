import { describe, expect, test } from "bun:test";
import { amongBystanders } from "../support/bystanders.ts";
import { RawClient, type RequestShape } from "../support/raw.ts";
import type { HttpAnswer } from "../support/server-stream.ts";
import { sharedServer } from "../support/shared-server.ts";

const server = sharedServer();

async function ask(shape: RequestShape, url = server().url): Promise<HttpAnswer> {
  using client = await RawClient.connect(url);
  return await client.request(shape);
}

const repeat = (line: (index: number) => string, times: number) => Array.from({ length: times }, (_, at) => line(at));

describe("what is too much (T02)", () => {
  test.each([
    ["2,000 headers", { add: repeat((index) => `X-${index}: a`, 2_000) }],
    ["a header of 20,000 bytes", { add: [`X-Long: ${"a".repeat(20_000)}`] }],
    ["a target of 20,000 bytes", { target: `/ws?${"a".repeat(20_000)}` }],
    ["a name of 20,000 bytes", { add: [`${"a".repeat(20_000)}: x`] }],
    ["10,000 subprotocols", { add: [`Sec-WebSocket-Protocol: ${repeat((index) => `p${index}`, 10_000).join(", ")}`] }],
  ] satisfies [string, RequestShape][])("[SE2] [T02] %s are answered with 431 and the end", async (_, shape) => {
    await amongBystanders(server().ws, async () => {
      using client = await RawClient.connect(server().url);
      expect(await client.request(shape)).toMatchObject({ status: 431 });
      expect(await client.ended()).toBe("fin");
    });
  });
});

describe("what could be read in two ways (T04, T06)", () => {
  test.each([
    ["no Host", { replace: { Host: null } }],
    ["an empty Host", { replace: { Host: "" } }],
    ["a second Host", { add: ["Host: evil.example"] }],
    ["the same Host twice", { add: ["Host: 127.0.0.1"] }],
    ["a Host with a path", { replace: { Host: "127.0.0.1/ws" } }],
    ["a Host with a user", { replace: { Host: "evil@127.0.0.1" } }],
    ["a Host with a port that is no number", { replace: { Host: "127.0.0.1:http" } }],
    ["a length and a transfer coding", { method: "POST", add: ["Content-Length: 5", "Transfer-Encoding: chunked"] }],
    ["two lengths", { method: "POST", add: ["Content-Length: 5", "Content-Length: 6"] }],
    ["a negative length", { method: "POST", add: ["Content-Length: -1"] }],
    ["a folded header", { add: ["X-Folded: a", " b"] }],
    ["a space before a colon", { add: ["X-Space : a"] }],
    ["a line without a colon", { add: ["nothing"] }],
    ["a NUL in a header", { add: ["X-Nul: a\0b"] }],
    ["a bare CR in a header", { add: ["X-Return: a\rb"] }],
  ] satisfies [string, RequestShape][])("[SE3] [T04] %s is answered with 400", async (_, shape) => {
    expect(await ask(shape)).toMatchObject({ status: 400 });
  });

  test.each([
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.example:8080",
    "1.2.3.4.5",
    "xn--lcalhost-9bb",
  ])(
    "[SE3] [T04] a server on a loopback address does not answer for %s: a page's name may lead anywhere",
    async (host) => {
      for (const target of ["/ws", "/echo", "/"]) {
        const answer = await ask({ target, replace: { Host: host } });
        expect(answer.status).toBe(421);
        expect(answer.body).toMatch(/^[^\n]{10,}\n$/);
      }
    },
  );

  test.each([
    "localhost",
    "LOCALHOST:80",
    "localhost.",
    "chat.localhost",
    "127.0.0.1:1",
    "127.1.2.3",
    "[::1]:80",
    "192.168.0.1",
    "10.0.2.2:8080",
    "[2001:db8::1]",
  ])("[SE3] [T04] it does answer for %s", async (host) => {
    expect(await ask({ replace: { Host: host } })).toMatchObject({ status: 101 });
  });

  test("[SE5] [T06] a target elsewhere is never fetched, and opens nothing that the Host header would not", async () => {
    const reached: string[] = [];
    using sink = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { open: () => void reached.push("connection"), data: () => {} },
    });
    const elsewhere = `127.0.0.1:${sink.port}`;
    await amongBystanders(server().ws, async () => {
      expect(await ask({ method: "CONNECT", target: elsewhere })).toMatchObject({ status: 404 });
      expect(await ask({ method: "CONNECT", target: "/ws" })).toMatchObject({ status: 405 });
      expect(await ask({ method: "OPTIONS", target: "*" })).toMatchObject({ status: 400 });
      const absolute = { target: `http://${elsewhere}/ws` };
      // Bun 1.4.5 hands over the path of an absolute target and the Host header, and not the target's own authority.
      expect(await ask(absolute)).toMatchObject({ status: 101 });
      expect(
        await ask({ ...absolute, replace: { Host: elsewhere.replace("127.0.0.1", "evil.example") } }),
      ).toMatchObject({
        status: 421,
      });
      expect(await ask({ target: `http://${elsewhere}/nothing` })).toMatchObject({ status: 404 });
    });
    expect(reached).toEqual([]);
  });
});

describe("names that a program might trip over (T07, T08)", () => {
  test.each([
    ["a list as long as fits", repeat((index) => `p${index}`, 1_500).join(", ")],
    ["a name, thousands of spaces and a name", `b${" ".repeat(12_000)}x`],
    ["thousands of commas", ",".repeat(12_000)],
    ["a name that is no token", "cho rus, (chorus), chorus/1"],
    ["names of a prototype", "__proto__, constructor, toString, hasOwnProperty"],
  ])("[T07] of %s no subprotocol is echoed", async (_, offer) => {
    const { status, headers } = await ask({ add: [`Sec-WebSocket-Protocol: ${offer}`] });
    expect(status).toBe(101);
    expect(headers.get("sec-websocket-protocol")).toBeUndefined();
  });

  test.each([
    "Sec-WebSocket-Extensions: __proto__; constructor=hasOwnProperty",
    "__proto__: polluted",
    "constructor: polluted",
    "hasOwnProperty: polluted",
    "Cookie: __proto__=polluted; constructor=polluted",
  ])("[T08] %s is passed over", async (line) => {
    await amongBystanders(server().ws, async () => {
      const { status, headers } = await ask({ add: [line] });
      expect(status).toBe(101);
      expect(headers.has("sec-websocket-extensions")).toBe(false);
    });
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(await server().metric("chorus_errors_total")).toBe(0);
  });

  test.each([
    "?__proto__=1&constructor=2",
    "?channel=__proto__",
    "?channel=%00%FF",
    "?channel=%",
    "?&&==&",
    "?channel",
  ])("[T08] the query %s breaks nothing", async (query) => {
    using client = await RawClient.connect(server().url);
    expect(await client.request({ target: `/ws${query}` })).toMatchObject({ status: 101 });
    expect(await server().metric("chorus_errors_total")).toBe(0);
  });
});
