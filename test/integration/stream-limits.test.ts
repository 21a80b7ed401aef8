import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { ConfigInput } from "../../src/config/config.ts";
import type { Tree } from "../../src/config/tree.ts";
import { encodeAll } from "../support/carriers.ts";
import { CentrifugeProbe, type Heard } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import type { JsonObject } from "../support/json.ts";
import { startOpenServer, tokenFor } from "../support/open-channels.ts";
import { pass } from "../support/passing.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";

setDefaultTimeout(testTimeout);

type Config = ConfigInput & Tree;

const enabled: Config = { sse: { enabled: true }, http_stream: { enabled: true } };

describe.each([
  "emulation",
  "connection/sse",
  "connection/http_stream",
  "connection/uni_sse",
  "connection/uni_http_stream",
])("[SE80] a body of a stranger on /%s", (path) => {
  const everything = { ...enabled, uni_sse: { enabled: true }, uni_http_stream: { enabled: true } };
  const begun = async (url: string, header: string) => {
    const client = await RawClient.connect(url);
    client.write(`POST /${path} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n${header}\r\n\r\n`);
    return client;
  };

  test("is 413 before it has come where it is announced as over the limit", async () => {
    await using server = await startOpenServer(everything);
    using client = await begun(server.url, "Content-Length: 65537");
    expect((await client.answer()).status).toBe(413);
  });

  test("in chunks is 413 at the first byte over the limit, and read where it is within it", async () => {
    await using server = await startOpenServer(everything);
    using client = await begun(server.url, "Transfer-Encoding: chunked");
    client.write(`ffff\r\n${"[".repeat(65_535)}\r\n2\r\n[[\r\n`);
    expect((await client.answer()).status).toBe(413);
    using within = await begun(server.url, "Transfer-Encoding: chunked");
    within.write(`ffff\r\n${"[".repeat(65_535)}\r\n1\r\n[\r\n0\r\n\r\n`);
    expect((await within.answer()).status).not.toBe(413);
  });
});

/** The limits of WebSocket connections, on connections whose commands come in requests of their own. */
describe.each(["sse", "http_stream", "protobuf_stream"] as const)("[ST4] a client over %s", (transport) => {
  const path = `/connection/${transport === "sse" ? "sse" : "http_stream"}`;
  const isProtobuf = transport === "protobuf_stream";
  const contentType = isProtobuf ? "application/octet-stream" : "application/json";

  /** Opens a stream without reading it. */
  const post = (url: string, headers: Readonly<Record<string, string>>, signal?: AbortSignal) =>
    fetch(url + path, {
      method: "POST",
      headers: { ...headers, "Content-Type": contentType },
      body: encodeAll([{ id: 1, connect: {} }], isProtobuf),
      ...(signal && { signal }),
    });

  const start = (config: Config = {}, clock?: ManualClock) =>
    startOpenServer({ ...enabled, ...config }, clock ? { clock } : {});

  const connect = async (url: string, request: JsonObject = {}, headers = {}) => {
    const client = await CentrifugeProbe.open(url, { transport, headers, answersPings: false });
    client.send(client.command("connect", request));
    return client;
  };

  /** The code of the disconnect push that the stream ends with; what came before it is passed over. */
  const ending = async (client: CentrifugeProbe) => {
    for (let heard: Heard = {}; ; heard = await client.next()) if ("closed" in heard) return heard.closed;
  };

  test("is counted by its address", async () => {
    const trusting = { http_server: { trusted_proxies: ["127.0.0.1"] }, client: { address_connection_limit: 1 } };
    await using server = await start(trusting);
    const headers = { "X-Forwarded-For": "203.0.113.7" };
    using first = await connect(server.ws, {}, headers);
    expect(await first.next()).toMatchObject({ connect: { ping: 25 } });
    expect((await post(server.url, headers)).status).toBe(429);
    first[Symbol.dispose]();
    await server.untilMetric('chorus_connections_closed_total{code="3000"}', 1);
    using again = await connect(server.ws, {}, headers);
    expect(await again.next()).toMatchObject({ connect: { ping: 25 } });
  });

  test("is counted with the other connections of its user", async () => {
    await using server = await start({ client: { user_connection_limit: 1 } });
    const token = tokenFor({ sub: "ann" });
    using socket = await CentrifugeProbe.connect(server.ws, { token });
    using stream = await connect(server.ws, { token });
    expect(await ending(stream)).toMatchObject({ code: 3504 });
    expect(await socket.ask("presence", { channel: "a" })).toMatchObject({ presence: {} });
  });

  test("is refused commands over the rate, and ends with 3013 where it does not slow down", async () => {
    const clock = new ManualClock();
    await using server = await start({ client: { message_rate_limit: 5, message_burst_limit: 5 } }, clock);
    using client = await connect(server.ws);
    await client.next();
    client.send(...Array.from({ length: 5 }, () => client.command("presence", { channel: "a" })));
    const replies = await client.take(5);
    expect(replies.at(-1)).toMatchObject({ error: { code: 111 } });
    for (let frames = 0; frames < 60; frames += 1) client.send(client.command("presence", { channel: "a" }));
    expect(await ending(client)).toMatchObject({ code: 3013 });
  });

  test("is refused bytes over the rate", async () => {
    const clock = new ManualClock();
    await using server = await start(
      {
        client: { message_rate_limit: 1_000, bytes_rate_limit: 1_000, bytes_burst_limit: 2_000 },
        // The largest frame of all transports always fits.
        plain: { text_size_limit: 2_000, binary_size_limit: 2_000 },
        websocket: { message_size_limit: 2_000 },
      },
      clock,
    );
    using client = await connect(server.ws);
    await client.next();
    client.send(client.command("publish", { channel: "a", data: "x".repeat(1_500) }));
    expect(await client.next()).toMatchObject({ publish: {} });
    client.send(client.command("publish", { channel: "a", data: "x".repeat(1_500) }));
    expect(await client.next()).toMatchObject({ error: { code: 111 } });
  });

  test("has commands over the size answered 413, and goes on", async () => {
    await using server = await start({ emulation: { max_request_body_size: 1_000 } });
    using client = await connect(server.ws);
    await client.next();
    client.send(client.command("publish", { channel: "a", data: "x".repeat(2_000) }));
    client.send(client.command("publish", { channel: "a", data: "x" }));
    expect(await client.next()).toMatchObject({ id: 3, publish: {} });
  });

  test("that answers no ping ends with 3012, and one that leaves is noticed", async () => {
    const clock = new ManualClock();
    await using server = await start({}, clock);
    using silent = await connect(server.ws);
    using leaving = await connect(server.ws);
    await Promise.all([silent.next(), leaving.next()]);
    leaving[Symbol.dispose]();
    await server.untilMetric('chorus_connections_closed_total{code="3000"}', 1);
    await pass({ node: server.node, clock }, 40_000);
    expect(await ending(silent)).toMatchObject({ code: 3012 });
    expect(server.node.registry.count().connections).toBe(0);
  });

  test("is sent away with 3001 when the server stops", async () => {
    await using server = await start();
    using client = await connect(server.ws);
    await client.next();
    await server.stop();
    expect(await ending(client)).toEqual({ code: 3001, reason: "shutdown" });
  });

  test("that does not read is closed with 3008", async () => {
    await using server = await start({ client: { queue_max_size: 200_000 } });
    const body = encodeAll(
      [
        { id: 1, connect: {} },
        { id: 2, subscribe: { channel: "a" } },
      ],
      isProtobuf,
    );
    using reader = await RawClient.connect(server.url);
    reader.write(
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${contentType}\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    reader.write(body);
    await server.log.next("connection.authenticated");
    reader.pause();
    while (server.node.counters.slow === 0) {
      await server.api.publish("a", "x".repeat(50_000));
      await new Promise(setImmediate);
    }
    reader.resume();
    expect(await server.log.next("connection.closed")).toMatchObject({ code: 3008 });
  });

  test("of another origin is served without the headers that let a page read it", async () => {
    await using server = await start();
    const headersFor = async (origin: string) => {
      const abort = new AbortController();
      const response = await post(server.url, { Origin: origin }, abort.signal);
      const allowed = response.headers.get("access-control-allow-origin");
      abort.abort();
      return [response.status, allowed];
    };
    expect(await headersFor(server.url)).toEqual([200, server.url]);
    expect(await headersFor("https://elsewhere.example")).toEqual([200, null]);
  });
});
