import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { disconnects } from "../../src/core/disconnects.ts";
import { amongBystanders } from "../support/bystanders.ts";
import { ManualClock } from "../support/clock.ts";
import { clientFrame, opcodes } from "../support/frames.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";
import { startTestServer } from "../support/server.ts";

setDefaultTimeout(testTimeout);

const burst = 100;

/** Refusals in a row after which a connection ends. */
const refusalsMax = 50;

/** The clock stands still, so that no token comes back but by the test's own hand. */
const start = () => {
  const clock = new ManualClock();
  const client = { message_rate_limit: burst, message_burst_limit: burst };
  // No ping of the server comes between while a test lets time pass.
  const config = { client, plain: { ping_interval: "1h" } };
  return { clock, starting: startTestServer(config, { clock }) };
};

const frames = (make: (index: number) => Uint8Array, count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));

/** Sends a burst and all but one of the frames that end a connection; the server has read them when it answers the ping. */
async function nearlyTooMany(client: RawClient): Promise<void> {
  client.write(frames((index) => clientFrame(opcodes.text, String(index)), burst + refusalsMax - 2));
  client.sendFrame(opcodes.ping, "the last");
  expect((await client.nextFrame()).opcode).toBe(opcodes.pong);
}

describe("too many frames from one client (T32, T34)", () => {
  test.each([
    ["[T32] pings", () => clientFrame(opcodes.ping, "flood")],
    ["[T32] pongs that nobody asked for", () => clientFrame(opcodes.pong, "flood")],
    ["[T34] texts", () => clientFrame(opcodes.text, "flood")],
    ["[T34] binaries", () => clientFrame(opcodes.binary, "flood")],
    ["[T34] empty texts", () => clientFrame(opcodes.text)],
  ])("[SE14] a flood of %s ends with 3013, is counted and logged once", async (_, make) => {
    const { starting } = start();
    await using server = await starting;
    await amongBystanders(server.ws, async () => {
      using client = await RawClient.open(`${server.ws}/ws?channel=flood`);
      client.write(frames(make, burst + refusalsMax + 10));
      expect(await client.closed()).toEqual(disconnects.tooManyRequests);
      expect(await client.ended()).toBe("fin");
      expect(await server.log.next("connection.closed")).toMatchObject({ code: 3013 });
    });
    expect(server.log.count("client.limited")).toBe(1);
    expect(await server.metric("chorus_limited_total")).toBe(refusalsMax);
    expect(await server.metric('chorus_connections_closed_total{code="3013"}')).toBe(1);
  });

  test("[OP3] many connections that flood have a bounded rate of lines together", async () => {
    const { starting } = start();
    await using server = await starting;
    for (let connections = 0; connections < 12; connections += 1) {
      using client = await RawClient.open(`${server.ws}/ws?channel=flood`);
      client.write(frames(() => clientFrame(opcodes.text), burst + refusalsMax));
      expect(await client.closed()).toEqual(disconnects.tooManyRequests);
    }
    expect(await server.metric("chorus_limited_total")).toBe(12 * refusalsMax);
    expect(server.log.count("client.limited")).toBe(10);
  });

  test("[SE15] [T34] what is within the rate arrives, what is over it is dropped, and the client stays", async () => {
    const { clock, starting } = start();
    await using server = await starting;
    using listener = await RawClient.open(`${server.ws}/ws?channel=flood`);
    using client = await RawClient.open(`${server.ws}/ws?channel=flood`);
    await nearlyTooMany(client);
    for (let index = 0; index < burst; index += 1) expect(await listener.nextText()).toBe(String(index));
    expect(await server.metric("chorus_limited_total")).toBe(refusalsMax - 1);
    clock.advance(1_000);
    client.sendText("a second later");
    expect(await listener.nextText()).toBe("a second later");
    expect(await server.metric('chorus_dropped_total{reason="rate"}')).toBe(refusalsMax - 2);
  });

  test("[SE15] [T34] refusals count within ten seconds: a client that slows down is served, one that does not is closed", async () => {
    const { clock, starting } = start();
    await using server = await starting;
    using listener = await RawClient.open(`${server.ws}/ws?channel=flood`);
    using client = await RawClient.open(`${server.ws}/ws?channel=flood`);
    for (let round = 1; round <= 4; round += 1) {
      await nearlyTooMany(client);
      for (let index = 0; index < burst; index += 1) expect(await listener.nextText()).toBe(String(index));
      expect(await server.metric("chorus_limited_total")).toBe(round * (refusalsMax - 1));
      clock.advance(10_000);
    }
    client.sendText("still here");
    expect(await listener.nextText()).toBe("still here");
    await nearlyTooMany(client);
    for (let index = 0; index < burst - 1; index += 1) await listener.nextText();
    clock.advance(1_000);
    // What a second gives is accepted between, and the refusals go on being counted.
    client.write(frames((index) => clientFrame(opcodes.text, String(index)), burst + refusalsMax));
    expect(await client.closed()).toEqual(disconnects.tooManyRequests);
  });

  test("[SE15] [T34] the echo has the same limit", async () => {
    const { starting } = start();
    await using server = await starting;
    using client = await RawClient.open(`${server.ws}/echo`);
    client.write(frames((index) => clientFrame(opcodes.text, String(index)), burst + refusalsMax));
    for (let index = 0; index < burst; index += 1) expect(await client.nextText()).toBe(String(index));
    expect(await client.closed()).toEqual(disconnects.tooManyRequests);
  });
});
