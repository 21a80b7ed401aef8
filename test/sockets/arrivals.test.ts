import { expect, setDefaultTimeout, test } from "bun:test";
import { disconnects } from "../../src/core/disconnects.ts";
import type { TcpTable } from "../../src/core/tcp.ts";
import { systemNetwork } from "../../src/runtime/network.ts";
import { Arrivals } from "../../src/sockets/arrivals.ts";
import { certificate, certificateKey } from "../support/certificate.ts";
import { ManualClock } from "../support/clock.ts";
import { clientFrame, opcodes } from "../support/frames.ts";
import { startOpenServer } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";
import type { TestServer } from "../support/server.ts";
import { skipping } from "../support/skipping.ts";

setDefaultTimeout(testTimeout);

const isBlind = systemNetwork.tcp === null;
const remark = skipping(isBlind ? "this system does not tell what a connection has received" : null);

const config = {
  client: { ping_interval: "10s", pong_timeout: "8s" },
  plain: { ping_interval: "10s", pong_timeout: "8s" },
  websocket: { message_timeout: "60s" },
  echo: { enabled: true },
};

async function start() {
  const clock = new ManualClock();
  const server = await startOpenServer(config, { clock });
  return { clock, server };
}

/** Lets a second pass, in which the server looks at its connections as often as ever; what was sent has arrived. */
async function second(server: TestServer, clock: ManualClock): Promise<void> {
  for (let tick = 0; tick < 20; tick += 1) {
    clock.advance(50);
    server.node.sweep();
    await new Promise(setImmediate);
  }
}

/** A frame in pieces: its header, and then so many bytes at a time. */
function pieces(bytes: number, size: number): Buffer[] {
  const frame = Buffer.from(clientFrame(opcodes.text, "a".repeat(bytes)));
  return Array.from({ length: Math.ceil(frame.length / size) }, (_, index) =>
    frame.subarray(index * size, (index + 1) * size),
  );
}

test.skipIf(isBlind).each(["/ws?channel=a", "/echo", "/connection/websocket"])(
  `[SE66] bytes of a message that is on its way keep a client that cannot answer pings (%s)${remark}`,
  async (path) => {
    const { clock, server } = await start();
    await using _server = server;
    using client = await RawClient.open(`${server.ws}${path}`);
    if (path.startsWith("/connection")) client.sendText('{"id":1,"connect":{}}');
    await server.log.next("connection.authenticated");
    const slow = pieces(65_000, 2_000);
    for (const piece of slow.slice(0, -1)) {
      client.write(piece);
      await second(server, clock);
    }
    expect(server.log.count("connection.closed")).toBe(0);
    // From here on nothing arrives.
    for (let seconds = 0; seconds < 30 && server.log.count("connection.closed") === 0; seconds += 1) {
      await second(server, clock);
    }
    expect(await server.log.next("connection.closed")).toMatchObject({ code: 3012 });
  },
);

test.skipIf(isBlind)(
  `[SE67] a message that does not end is closed with 3008 in time, also behind frames of control${remark}`,
  async () => {
    const { clock, server } = await start();
    await using _server = server;
    using client = await RawClient.open(`${server.ws}/ws?channel=a`);
    using bystander = await RawClient.open(`${server.ws}/ws?channel=a`);
    await server.log.next("connection.authenticated");
    await server.log.next("connection.authenticated");
    bystander.sendText("whole");
    expect(await client.nextText()).toBe("whole");
    await second(server, clock);
    client.write(clientFrame(opcodes.binary, Buffer.alloc(16_384), { fin: false }));
    let seconds = 0;
    while (server.node.counters.closed.size === 0 && seconds < 100) {
      for (const each of [client, bystander]) each.sendFrame(opcodes.ping, "alive");
      for (const each of [client, bystander]) await each.nextFrame();
      await second(server, clock);
      seconds += 1;
    }
    // A minute, and a second for the bytes.
    expect([seconds >= 60, seconds <= 63]).toEqual([true, true]);
    expect(await client.closed()).toEqual(disconnects.slow);
    bystander.sendText("x".repeat(60_000));
    expect(server.log.count("connection.closed")).toBe(1);
  },
);

test.skipIf(isBlind)(
  `[SE77] an unfinished message that is larger than its sender may send is closed with 1009${remark}`,
  async () => {
    const { clock, server } = await start();
    await using _server = server;
    using stranger = await RawClient.open(`${server.ws}/connection/websocket`);
    using member = await RawClient.open(`${server.ws}/connection/websocket`);
    using plain = await RawClient.open(`${server.ws}/ws?channel=a`);
    member.sendText('{"id":1,"connect":{}}');
    await server.log.next("connection.authenticated");
    await server.log.next("connection.authenticated");
    await member.nextText();
    const half = clientFrame(opcodes.binary, Buffer.alloc(300_000), { fin: false });
    for (const client of [stranger, member, plain]) client.write(half);
    for (const client of [stranger, member]) {
      while (server.log.count("connection.closed") < (client === stranger ? 1 : 2)) await second(server, clock);
      expect(await client.closed()).toEqual(disconnects.tooBig);
    }
    await second(server, clock);
    plain.sendFrame(opcodes.ping, "alive");
    expect(await plain.nextFrame()).toMatchObject({ opcode: opcodes.pong });
    expect(server.log.count("connection.closed")).toBe(2);
  },
);

test("a client within TLS that listens and sends frames of control alone stays", async () => {
  const clock = new ManualClock();
  const tls = { enabled: true, cert_pem: certificate, key_pem: certificateKey };
  await using server = await startOpenServer({ ...config, http_server: { tls } }, { clock });
  const client = new WebSocket(`${server.ws}/ws?channel=a`, { tls: { rejectUnauthorized: false } });
  const closed = new Promise<CloseEvent>((resolve) => client.addEventListener("close", resolve));
  await new Promise((resolve) => client.addEventListener("open", resolve));
  for (let seconds = 0; seconds < 200; seconds += 1) {
    const { promise, resolve } = Promise.withResolvers<void>();
    client.addEventListener("pong", () => resolve(), { once: true });
    client.ping();
    await Promise.race([promise, closed]);
    await second(server, clock);
  }
  expect(server.log.count("connection.closed")).toBe(0);
  client.close(1000);
  expect((await closed).code).toBe(1000);
});

test.each([
  ["a client without a token", { client: { allow_anonymous_connect_without_token: true }, echo: { enabled: false } }],
  ["/echo", { client: { allow_anonymous_connect_without_token: false }, echo: { enabled: true } }],
])(
  "[SE78] where the system does not tell of unfinished messages, and %s is let in, no message is over 64 KiB",
  async (_, open) => {
    const network = { ...systemNetwork, tcp: null };
    await using server = await startOpenServer(open, { network });
    const path = open.echo.enabled ? "/echo" : "/ws?channel=a";
    using client = await RawClient.open(`${server.ws}${path}`);
    client.write(Buffer.from(clientFrame(opcodes.binary, "a".repeat(65_537))));
    expect(await client.closed()).toMatchObject({ code: 1009 });
    expect(server.log.lines.filter(({ event }) => event === "messages.limited")).toMatchObject([{ bytes: 65_536 }]);
    await using closed = await startOpenServer(
      { client: { allow_anonymous_connect_without_token: false }, echo: { enabled: false } },
      { network },
    );
    expect(closed.log.count("messages.limited")).toBe(0);
  },
);

test("a peer that reaches two ports of this process from one port of its own is two connections", () => {
  const received = new Map([
    [3, 0],
    [4, 0],
  ]);
  const table: TcpTable = {
    peerPort: (fd) => (received.has(fd) ? 50_000 : 0),
    localPort: (fd) => (fd === 3 ? 8_000 : 9_000),
    peerAddress: () => "00000000000000000000ffff7f000001",
    bytesReceived: (fd) => received.get(fd) ?? null,
  };
  const nothing = () => {};
  const connection = {
    ...{ peerPort: 50_000, isSecure: false, fd: -1, framed: 0, settled: -1, receivedAtPing: -1 },
    ...{ isHeld: false, releasedAt: Number.NEGATIVE_INFINITY },
    ...{ localPort: () => 9_000, peerAddress: () => "127.0.0.1", messageBytesMax: () => 1_000 },
    ...{ unfinished: nothing, oversized: nothing },
  };
  const arrivals = new Arrivals(table, { messageTimeout: 1_000 }, new ManualClock());
  arrivals.entered(connection);
  for (let tick = 0; tick < 10; tick += 1) arrivals.tick();
  arrivals.pinged(connection);
  received.set(3, 100);
  expect(arrivals.hasArrived(connection)).toBe(false);
  received.set(4, 100);
  expect(arrivals.hasArrived(connection)).toBe(true);
});
