import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { disconnects } from "../../src/core/disconnects.ts";
import { opcodes } from "../support/frames.ts";
import { openHouse } from "../support/open-house.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { ChorusProcess } from "../support/process.ts";
import { RawClient } from "../support/raw.ts";
import { scrape } from "../support/scrape.ts";

setDefaultTimeout(testTimeout);

const configured = (shutdown: object) => ({ ...openHouse, log: { level: "debug" }, shutdown });

const megabyte = Buffer.alloc(1_048_576);

/** Nobody is slow, so that one who does not read holds a drain up for as long as the drain may take. */
const patient = (timeout: string) => ({
  ...configured({ timeout }),
  plain: { queue_max_size: 1_000 * megabyte.length },
  client: { ...openHouse.client, write_stall_timeout: "1h" },
});

/** A client that has stopped reading, and for whom more is queued than the kernel takes. */
async function stall(url: string): Promise<RawClient> {
  const address = `${url.replace("http", "ws")}/ws?channel=stalled`;
  const stalled = await RawClient.open(address);
  using speaker = await RawClient.open(address);
  speaker.sendText("all here");
  expect(await stalled.nextText()).toBe("all here");
  stalled.pause();
  while (!/^chorus_stalled 1$/m.test(await scrape(url))) {
    speaker.sendFrame(opcodes.binary, megabyte);
    speaker.sendFrame(opcodes.ping, "read");
    await speaker.nextFrame();
  }
  return stalled;
}

async function openMany(url: string, count: number): Promise<Probe[]> {
  return Promise.all(Array.from({ length: count }, () => new Probe(url).open()));
}

/** Reads to the close: the texts before it, and how it was closed. */
async function readToEnd(probe: Probe): Promise<{ texts: string[]; closed: { code: number; reason: string } }> {
  const texts: string[] = [];
  for (;;) {
    const received = await probe.next();
    if (typeof received === "string") texts.push(received);
    else if ("code" in received) return { texts, closed: { code: received.code, reason: received.reason } };
  }
}

/** Milliseconds between the first and the last close, by the server's own log. */
function spread(server: ChorusProcess): number {
  const closes = server.log.lines.filter(({ event }) => event === "connection.closed");
  const times = closes.map(({ time }) => Date.parse(String(time)));
  return Math.max(...times) - Math.min(...times);
}

describe("the drain (F03)", () => {
  const count = 100;
  const batches = 5;
  const batchInterval = 100;
  const config = configured({ batch_size: count / batches, batch_interval: `${batchInterval}ms` });

  test("[SE30] [F03] SIGTERM in a burst loses nothing that was heard by one, closes all with 3001 in batches, and exits with 0", async () => {
    await using server = await ChorusProcess.spawn({ config });
    const url = (await server.url()).replace("http", "ws");
    const listeners = await openMany(`${url}/ws?channel=burst`, count - 1);
    using speaker = await new Probe(`${url}/ws?channel=burst`).open();
    speaker.send("0");
    for (const listener of listeners) expect(await listener.nextText()).toBe("0");
    for (let number = 1; number <= 500; number += 1) speaker.send(String(number));
    expect(await listeners[0]?.nextText()).toBe("1");
    server.signal("SIGTERM");

    const [first, ...others] = await Promise.all(listeners.map(readToEnd));
    expect(first?.closed).toEqual(disconnects.shutdown);
    for (const [index, { texts, closed }] of [
      { ...first, texts: ["1", ...(first?.texts ?? [])] },
      ...others,
    ].entries()) {
      expect([index, closed]).toEqual([index, disconnects.shutdown]);
      expect(texts).toEqual(texts.map((_, at) => String(at + 1)));
    }
    expect((await readToEnd(speaker)).closed).toEqual(disconnects.shutdown);
    expect(await server.ended()).toMatchObject({ code: 0, stdout: "" });
    expect(server.log.count("connection.closed")).toBe(count);
    expect(server.log.lines.at(-1)).toMatchObject({ event: "server.stopped", cut: 0 });

    // No timer is early: between the first and the last batch lies at least half of each interval.
    expect(spread(server)).toBeGreaterThanOrEqual(((batches - 1) * batchInterval) / 2 - 50);
  });

  test("[SE30] [F03] batches that are few and far between keep their distance", async () => {
    const [size, interval, rounds] = [1, 200, 5];
    const slow = configured({ batch_size: size, batch_interval: `${interval}ms` });
    await using server = await ChorusProcess.spawn({ config: slow });
    await openMany(`${(await server.url()).replace("http", "ws")}/ws`, rounds);
    server.signal("SIGTERM");
    expect(await server.ended()).toMatchObject({ code: 0 });
    expect(spread(server)).toBeGreaterThanOrEqual(((rounds - 1) * interval) / 2 - 50);
  });

  test.concurrent("[SE30] [F03] while it drains it is alive and not ready, and lets nobody in", async () => {
    await using server = await ChorusProcess.spawn({ config: patient("1h") });
    const url = await server.url();
    using _stalled = await stall(url);
    server.signal("SIGTERM");
    await server.log.next("server.draining");
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    using client = await RawClient.connect(url);
    const { status, headers } = await client.request();
    expect([status, headers.get("connection")?.toLowerCase()]).toEqual([503, "close"]);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test.concurrent("[SE30] [F03] what is queued for a client that reads slowly is sent before its close frame", async () => {
    await using server = await ChorusProcess.spawn({ config });
    const url = (await server.url()).replace("http", "ws");
    using speaker = await RawClient.open(`${url}/ws?channel=queue`);
    using slow = await RawClient.open(`${url}/ws?channel=queue`);
    using listener = await RawClient.open(`${url}/ws?channel=queue`);
    speaker.sendText("all here");
    expect([await slow.nextText(), await listener.nextText()]).toEqual(["all here", "all here"]);
    slow.pause();
    const messages = 15;
    for (let sent = 0; sent < messages; sent += 1) {
      speaker.sendFrame(opcodes.binary, megabyte);
      await listener.nextFrame();
    }
    server.signal("SIGTERM");
    expect(await listener.closed()).toEqual(disconnects.shutdown);
    slow.resume();
    for (let read = 0; read < messages; read += 1)
      expect((await slow.nextFrame()).payload).toHaveLength(megabyte.length);
    expect(await slow.closed()).toEqual(disconnects.shutdown);
    expect(await server.ended()).toMatchObject({ code: 0 });
  });

  test.concurrent("[SE30] [F03] SIGINT without clients exits with 0", async () => {
    await using server = await ChorusProcess.spawn({ config });
    await server.url();
    server.signal("SIGINT");
    expect(await server.ended()).toMatchObject({ code: 0, stdout: "" });
  });
});

describe("what cuts the drain short (F04)", () => {
  test.concurrent.each([
    ["SIGTERM", "SIGINT"],
    ["SIGINT", "SIGINT"],
  ] as const)("[SE31] [F04] a second signal ends it at once with 1 (%s, %s)", async (first, second) => {
    await using server = await ChorusProcess.spawn({ config: patient("1h") });
    using _stalled = await stall(await server.url());
    server.signal(first);
    await server.log.next("server.draining");
    server.signal(second);
    expect(await server.ended()).toMatchObject({ code: 1 });
  });

  test.concurrent("[SE31] [F04] a drain that runs out of time cuts who is left, and exits with 1", async () => {
    await using server = await ChorusProcess.spawn({ config: patient("300ms") });
    const url = await server.url();
    using stalled = await stall(url);
    const [probe] = await openMany(`${url.replace("http", "ws")}/ws`, 1);
    server.signal("SIGTERM");
    expect(await probe?.closed()).toEqual(disconnects.shutdown);
    expect(await server.ended()).toMatchObject({ code: 1 });
    expect(server.log.lines.at(-1)).toMatchObject({ event: "server.stopped", cut: 1 });
    stalled.resume();
    expect(await stalled.closed()).toBeNull();
  });
});

describe("a Hub that fails (F18)", () => {
  test.concurrent("[F18] ends the process at once with 70, and says why", async () => {
    await using server = await ChorusProcess.spawn({ program: "test/security/failing-hub.ts" });
    const url = (await server.url()).replace("http", "ws");
    using _probe = await new Probe(`${url}/ws`).open();
    server.signal("SIGTERM");
    expect(await server.ended()).toMatchObject({ code: 70, stdout: "" });
    expect(await server.log.next("hub.failed")).toMatchObject({ error: expect.stringContaining("injected") });
  });
});
