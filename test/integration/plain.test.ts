import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigInput } from "../../src/config/config.ts";
import { startServer } from "../../src/server.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { certificate, certificateKey } from "../support/certificate.ts";
import { ManualClock } from "../support/clock.ts";
import { opcodes } from "../support/frames.ts";
import { Probe, type ProbeOptions } from "../support/probe.ts";
import { RawClient } from "../support/raw.ts";
import { metricsKey, scrape } from "../support/scrape.ts";

const secret = "a secret of at least thirty-two bytes";
const guarded: ConfigInput = { client: { token: { hmac_secret_key: secret } } };

/** A JSON Web Token of these claims (RFC 7519), made without the library that reads it. */
function tokenOf(claims: Record<string, unknown>): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

async function start(input: ConfigInput, profile: "development" | "file" = "development") {
  const captured = new CapturedLog();
  const clock = new ManualClock();
  const config = { engine: { type: "memory" }, ...input, http_server: { port: 0, ...input.http_server } } as const;
  const server = await startServer(config, { profile, clock, log: captured.log });
  const ws = server.url.replace("http", "ws");
  const open = (path: string, options?: ProbeOptions) => new Probe(`${ws}${path}`, options).open();
  return {
    ...server,
    ws,
    clock,
    captured,
    open,
    seconds: () => clock.wall() / 1000,
    [Symbol.asyncDispose]: async () => void (await server.stop()),
  };
}

describe("a plain client", () => {
  test("[PC1] talks to everyone else in its channel, text as text and binary as binary", async () => {
    await using server = await start({});
    const [a, b, elsewhere] = await Promise.all([
      server.open("/ws?channel=one"),
      server.open("/ws?channel=one"),
      server.open("/ws"),
    ]);
    a.send("text");
    a.send(Uint8Array.of(0, 255, 7));
    expect(await b.next()).toBe("text");
    expect(await b.next()).toEqual(Uint8Array.of(0, 255, 7));
    b.send("answer");
    expect(await a.next()).toBe("answer");
    const other = await server.open("/ws?channel=lobby");
    other.send("lobby");
    expect(await elsewhere.next()).toBe("lobby");
  });

  test("[PC2] an echo returns every frame to its sender, also an empty one", async () => {
    await using server = await start({ echo: { enabled: true } }, "file");
    const echo = await server.open("/echo");
    for (const frame of ["", "text", Uint8Array.of(1, 2), new Uint8Array()]) {
      echo.send(frame);
      expect(await echo.next()).toEqual(frame);
    }
  });

  test("[PC3] brings its token in the query, or in a subprotocol that is not echoed", async () => {
    await using server = await start(guarded, "file");
    const claims = { sub: "ann", exp: server.seconds() + 60 };
    // Nothing is allowed without a word in the file: a channel that she may not join ends the connection.
    const query = await server.open(`/ws?token=${tokenOf(claims)}`);
    expect((await query.closed()).code).toBe(3507);
    const offered = await server.open("/ws", { protocols: ["chorus", `bearer.${tokenOf(claims)}`] });
    expect(offered.protocol).toBe("chorus");
    expect((await offered.closed()).code).toBe(3507);
    expect(server.captured.text.join("")).not.toContain(tokenOf(claims));
  });

  test.each([
    ["none", "", 3501],
    ["one that is no token", "?token=abc", 3500],
    ["one of another key", `?token=${tokenOf({ sub: "ann" }).slice(0, -4)}AAAA`, 3500],
    ["one without a user that ran out", `?token=${tokenOf({ sub: "ann", exp: 1 })}`, 3005],
  ])("[PC4] a token: %s", async (_, query, code) => {
    await using server = await start(guarded, "file");
    const probe = await server.open(`/ws${query}`);
    expect((await probe.closed()).code).toBe(code);
  });

  test("[PC5] frames that come while the token is looked at wait, and are delivered in order", async () => {
    await using server = await start({ ...guarded });
    const listener = await server.open("/ws");
    const sender = new Probe(`${server.ws}/ws?token=${tokenOf({ sub: "ann" })}`);
    await sender.open();
    for (let index = 0; index < 20; index += 1) sender.send(`${index}`);
    for (let index = 0; index < 20; index += 1) expect(await listener.next()).toBe(`${index}`);
  });

  test("is closed with 3005 when its token expires", async () => {
    await using server = await start({ ...guarded });
    const probe = await server.open(`/ws?token=${tokenOf({ sub: "ann", exp: server.seconds() + 60 })}`);
    await server.captured.next("connection.authenticated");
    server.clock.advance(59_000);
    probe.send("still here");
    server.clock.advance(1_100);
    expect(await probe.closed()).toEqual({ code: 3005, reason: "connection expired" });
  });

  test("a token that would be echoed, or is empty, is refused before the upgrade", async () => {
    await using server = await start({});
    for (const protocols of ["bearer.abc", "chorus, bearer."]) {
      const raw = await RawClient.connect(server.url);
      const { status } = await raw.request({ add: [`Sec-WebSocket-Protocol: ${protocols}`] });
      expect(status).toBe(400);
    }
  });

  test("[PC8] T59 one that has vanished is found by its missing pong, though the server keeps sending", async () => {
    await using server = await start({});
    const silent = await RawClient.open(`${server.url}/ws`);
    const other = await server.open("/ws");
    server.clock.advance(25_000);
    expect((await silent.nextFrame()).opcode).toBe(opcodes.ping);
    other.send("noise");
    expect(await silent.nextText()).toBe("noise");
    server.clock.advance(60_100);
    expect(await silent.closed()).toEqual({ code: 3012, reason: "no pong" });
    await server.captured.next("connection.closed", { code: 3012 });
  });

  test("one that answers pings stays", async () => {
    await using server = await start({});
    const [a, b] = await Promise.all([server.open("/ws"), server.open("/ws")]);
    for (let minute = 0; minute < 10; minute += 1) {
      server.clock.advance(60_000);
      a.send(`minute ${minute}`);
      expect(await b.next()).toBe(`minute ${minute}`);
      b.send("heard");
      expect(await a.next()).toBe("heard");
    }
  });
});

describe("endpoints", () => {
  test("[EP1] health, readiness and metrics answer, and what there is not is 404 in one line", async () => {
    await using server = await start({});
    const get = async (path: string) => {
      const response = await fetch(server.url + path);
      return [response.status, await response.text()] as const;
    };
    expect(await get("/healthz")).toEqual([200, "ok\n"]);
    expect(await get("/readyz")).toEqual([200, "ok\n"]);
    expect(await get("/health")).toEqual([200, "{}"]);
    expect((await get("/metrics"))[1]).toContain("chorus_connections_accepted_total 0");
    expect(await get("/nothing")).toEqual([404, "404 page not found\n"]);
    expect((await get("/ws"))[0]).toBe(426);
  });

  test("[EP2] the metrics count what happened, by state, protocol and code", async () => {
    await using server = await start({});
    const probe = await server.open("/ws");
    const metrics = () => scrape(server.url);
    expect(await metrics()).toContain('chorus_connections{dialect="plain",state="authenticated"} 1');
    await probe.close(1000);
    await server.captured.next("connection.closed");
    const text = await metrics();
    expect(text).toContain('chorus_connections_closed_total{code="1000"} 1');
    expect(text).not.toContain("state=");
  });

  test("[EP6] the metrics say which locks are left open, on whatever address", async () => {
    const open = { client: { insecure: true }, http_api: { insecure: true } };
    for (const [config, client, api] of [
      [{}, 0, 0],
      [open, 1, 1],
      [{ http_api: { insecure: true, disabled: true } }, 0, 0],
      [{ ...open, http_server: { address: "0.0.0.0", internal_port: 0, internal_address: "127.0.0.1" } }, 1, 1],
    ] as const) {
      await using server = await start({ ...config, prometheus: { key: metricsKey } }, "file");
      const text = await scrape(server.internalUrl ?? server.url);
      expect(text).toContain(`chorus_insecure{option="client.insecure"} ${client}`);
      expect(text).toContain(`chorus_insecure{option="http_api.insecure"} ${api}`);
    }
  });

  test("[EP3] with an internal port, health and metrics are there and nowhere else", async () => {
    await using server = await start({ http_server: { internal_port: 0 } });
    expect((await fetch(`${server.url}/metrics`)).status).toBe(404);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(404);
    expect((await fetch(`${server.internalUrl}/metrics`)).status).toBe(200);
    expect((await fetch(`${server.internalUrl}/healthz`)).status).toBe(200);
    expect((await fetch(`${server.internalUrl}/ws`)).status).toBe(404);
  });

  test("[EP4] a second stop waits for the first, and readiness has gone before the listener", async () => {
    const server = await start({});
    const probe = await server.open("/ws");
    const [first, second] = await Promise.all([server.stop(), server.stop()]);
    expect(first).toEqual(second);
    expect((await probe.closed()).code).toBe(3001);
    expect(fetch(`${server.url}/readyz`)).rejects.toThrow();
  });

  test("[EP5] with a certificate, as PEM text, its base64 or a path, pages and sockets come over TLS and no other way", async () => {
    const folder = mkdtempSync(join(tmpdir(), "chorus-tls-"));
    await Bun.write(join(folder, "cert.pem"), certificate);
    await Bun.write(join(folder, "key.pem"), certificateKey);
    const asText = { cert_pem: certificate, key_pem: certificateKey };
    const asPath = { cert_pem: join(folder, "cert.pem"), key_pem: join(folder, "key.pem") };
    const asBase64 = { cert_pem: btoa(certificate), key_pem: btoa(certificateKey) };
    for (const pems of [asText, asPath, asBase64]) {
      await using server = await start({ http_server: { tls: { enabled: true, ...pems } } });
      expect(server.url).toStartWith("https://");
      const tls = { rejectUnauthorized: false };
      expect((await fetch(`${server.url}/healthz`, { tls })).status).toBe(200);
      const { promise, resolve } = Promise.withResolvers<unknown>();
      const socket = new WebSocket(`${server.url.replace("https", "wss")}/echo`, { tls });
      socket.onmessage = ({ data }) => resolve(data);
      socket.onopen = () => socket.send("over TLS");
      expect(await promise).toBe("over TLS");
      socket.close();
      expect(fetch(`${server.url.replace("https", "http")}/healthz`)).rejects.toThrow();
    }
    rmSync(folder, { recursive: true });
  });
});
