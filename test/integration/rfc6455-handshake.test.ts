import { describe, expect, test } from "bun:test";
import { exampleKey, RawClient, type RequestShape } from "../support/raw.ts";
import type { HttpAnswer } from "../support/server-stream.ts";
import { sharedServer } from "../support/shared-server.ts";

const server = sharedServer();

async function ask(shape: RequestShape): Promise<HttpAnswer> {
  using client = await RawClient.connect(server().url);
  return await client.request(shape);
}

/** Replaces one header of a good handshake; null leaves it out. */
const having = (name: string, value: string | null): RequestShape => ({ replace: { [name]: value } });

/** The accept value of RFC 6455 4.2.2: a hash of the key and of a fixed string. */
function acceptOf(key: string): string {
  return new Bun.CryptoHasher("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

describe("a complete handshake (4.2)", () => {
  const good: [name: string, shape: RequestShape][] = [
    ["the words of the RFC", {}],
    ["Upgrade in another case", having("Upgrade", "WebSocket")],
    ["Connection in another case", having("Connection", "upgrade")],
    ["Upgrade among other options of Connection", having("Connection", "keep-alive, Upgrade")],
    ["no spaces between the options of Connection", having("Connection", "Upgrade,keep-alive")],
    ["websocket among other protocols of Upgrade", having("Upgrade", "h2c, websocket")],
    ["headers in another case", { replace: { Upgrade: null }, add: ["uPGRADE: websocket"] }],
    ["headers that nobody knows", { add: ["X-Unknown: 1", "Sec-WebSocket-Unknown: 1"] }],
    ["a query", { target: "/ws?channel=a&other=b" }],
  ];

  test.each(good)("[WS1] with %s it is answered with 101 and the accept value of its key", async (_, shape) => {
    const { status, headers } = await ask(shape);
    expect(status).toBe(101);
    expect(headers.get("sec-websocket-accept")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    expect(headers.get("upgrade")?.toLowerCase()).toBe("websocket");
    expect(headers.get("connection")?.toLowerCase()).toBe("upgrade");
  });

  test("[WS1] another key gets another accept value", async () => {
    const key = Buffer.from(Array.from({ length: 16 }, (_, index) => index * 16)).toString("base64");
    const { headers } = await ask(having("Sec-WebSocket-Key", key));
    expect(headers.get("sec-websocket-accept")).toBe(acceptOf(key));
    expect(acceptOf(exampleKey)).not.toBe(acceptOf(key));
  });
});

describe("an incomplete handshake (4.2.1)", () => {
  const bad: [name: string, shape: RequestShape, status: number][] = [
    ["POST", { method: "POST", add: ["Content-Length: 0"] }, 405],
    ["PUT", { method: "PUT", add: ["Content-Length: 0"] }, 405],
    ["DELETE", { method: "DELETE" }, 405],
    ["a path that is not there", { target: "/nothing-here" }, 404],
    ["a slash too many", { target: "/ws/" }, 404],
    ["a path in another case", { target: "/WS" }, 404],
    ["no Upgrade", having("Upgrade", null), 426],
    ["another Upgrade", having("Upgrade", "h2c"), 426],
    ["an empty Upgrade", having("Upgrade", ""), 426],
    ["a longer word in Upgrade", having("Upgrade", "websockets"), 426],
    ["no Connection", having("Connection", null), 400],
    ["no upgrade in Connection", having("Connection", "keep-alive"), 400],
    ["a longer word in Connection", having("Connection", "upgraded"), 400],
    ["no key", having("Sec-WebSocket-Key", null), 400],
    ["an empty key", having("Sec-WebSocket-Key", ""), 400],
    ["a key of 15 bytes", having("Sec-WebSocket-Key", Buffer.alloc(15).toString("base64")), 400],
    ["a key of 17 bytes", having("Sec-WebSocket-Key", Buffer.alloc(17).toString("base64")), 400],
    ["a key that is no base64", having("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j!Q=="), 400],
    ["two keys", { add: [`Sec-WebSocket-Key: ${exampleKey}`] }, 400],
  ];

  test.each(bad)("[WS2] [T03] %s is refused in one line that says what to do", async (name, shape, status) => {
    const answer = await ask(shape);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatch(/^[^\n]{10,}\n$/);
    if (name.includes("key")) expect(answer.body).toContain("Sec-WebSocket-Key");
    if (name.includes("Connection")) expect(answer.body).toContain("Connection: Upgrade");
    if (status === 405) expect(answer.headers.get("allow")).toBe("GET");
    if (status === 426) expect(answer.headers.get("upgrade")).toBe("websocket");
  });

  test.each([["/ws"], ["/echo"]])("[WS2] [T03] a plain GET of %s says that WebSocket is spoken there", async (path) => {
    const response = await fetch(server().url + path);
    expect(response.status).toBe(426);
    expect(await response.text()).toContain("WebSocket");
  });

  test("[WS2] [T03] a refused handshake leaves neither a socket nor a connection", async () => {
    for (const [, shape] of bad) await ask(shape);
    expect(await server().metric("chorus_sockets")).toBe(0);
    expect(await server().metric('chorus_connections_refused_total{reason="handshake"}')).toBeGreaterThan(0);
  });

  test.each([
    ["none", { replace: { "Sec-WebSocket-Version": null } }],
    ["an empty one", having("Sec-WebSocket-Version", "")],
    ["0", having("Sec-WebSocket-Version", "0")],
    ["8", having("Sec-WebSocket-Version", "8")],
    ["12", having("Sec-WebSocket-Version", "12")],
    ["14", having("Sec-WebSocket-Version", "14")],
    ["013", having("Sec-WebSocket-Version", "013")],
    ["a list", having("Sec-WebSocket-Version", "13, 8")],
    ["two of them", { add: ["Sec-WebSocket-Version: 8"] }],
    ["a word", having("Sec-WebSocket-Version", "thirteen")],
  ] satisfies [string, RequestShape][])("[T03] another version is answered with 426 and ours: %s", async (_, shape) => {
    const answer = await ask(shape);
    expect(answer.status).toBe(426);
    expect(answer.headers.get("sec-websocket-version")).toBe("13");
    expect(answer.body).toMatch(/^[^\n]{10,}\n$/);
  });
});

describe("extensions and subprotocols (4.2.2, 9.1)", () => {
  test.each([
    ["permessage-deflate"],
    ["permessage-deflate; client_max_window_bits"],
    ["permessage-deflate; server_max_window_bits=99"],
    ["x-webkit-deflate-frame"],
    ["foo; bar=baz, permessage-deflate"],
  ])("[WS4] [T27] the extension %s is declined", async (offer) => {
    const { status, headers } = await ask({ add: [`Sec-WebSocket-Extensions: ${offer}`] });
    expect(status).toBe(101);
    expect(headers.has("sec-websocket-extensions")).toBe(false);
  });

  const offers: [offer: string[], chosen: string | undefined][] = [
    [[], undefined],
    [["chat"], undefined],
    [["chat, superchat"], undefined],
    [["chorus"], "chorus"],
    [["chat, chorus"], "chorus"],
    [["chat", "chorus"], "chorus"],
  ];
  test.each(offers)("[WS5] of the subprotocols %p the answer names %p", async (lines, chosen) => {
    const { status, headers } = await ask({ add: lines.map((line) => `Sec-WebSocket-Protocol: ${line}`) });
    expect(status).toBe(101);
    expect(headers.get("sec-websocket-protocol")).toBe(chosen);
  });
});
