import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { disconnects } from "../../src/core/disconnects.ts";
import { amongBystanders } from "../support/bystanders.ts";
import { transports } from "../support/carriers.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { startTestServer } from "../support/server.ts";
import { connectionToken, secret } from "../support/tokens.ts";

setDefaultTimeout(testTimeout);

const hour = 3_600_000;
const config = { client: { token: { hmac_secret_key: secret } } };

test.each([
  ["an hour forward", hour],
  ["an hour back", -hour],
  ["ten years forward", 87_600 * hour],
])(
  "[SE23] [T82] [F14] a wall clock that jumps %s ends no timer, and no connection that has not expired",
  async (_, jump) => {
    const clock = new ManualClock();
    await using server = await startTestServer(config, { clock });
    await amongBystanders(server.ws, async () => {
      const token = await connectionToken("ann", { expiresAt: clock.wall() + Math.max(0, jump) + hour / 2 });
      using ann = await new Probe(`${server.ws}/ws?channel=jump&token=${token}`).open();
      await server.log.next("connection.authenticated", { user: "ann" });
      clock.jump(jump);
      for (let tick = 0; tick < 40; tick += 1) server.node.sweep();
      using listener = await new Probe(`${server.ws}/ws?channel=jump`).open();
      ann.send("still here");
      expect(await listener.nextText()).toBe("still here");
      expect(server.log.count("connection.closed")).toBe(0);
      expect(server.log.lines.filter(({ event }) => event === "clock.jumped")).toMatchObject([
        { seconds: jump / 1000 },
      ]);
      expect(await server.metric("chorus_clock_jumps_total")).toBe(1);
    });
  },
);

test("a jump of less than a minute is no event", async () => {
  const clock = new ManualClock();
  await using server = await startTestServer(config, { clock });
  for (const jump of [59_000, -59_000]) {
    clock.jump(jump);
    for (let tick = 0; tick < 40; tick += 1) server.node.sweep();
  }
  expect(server.log.count("clock.jumped")).toBe(0);
});

describe("[SE60] [F14] a wall clock that jumps past an expiry, as on a machine that was suspended,", () => {
  /** What has expired by the wall clock ends within a second of sweeps, though no time has passed by the other clock. */
  const aSecond = 20;

  test("ends the connection", async () => {
    const clock = new ManualClock();
    await using server = await startTestServer(config, { clock });
    const token = await connectionToken("ann", { expiresAt: clock.wall() + hour });
    using ann = await new Probe(`${server.ws}/ws?token=${token}`).open();
    await server.log.next("connection.authenticated", { user: "ann" });
    clock.jump(2 * hour);
    for (let tick = 0; tick < aSecond; tick += 1) server.node.sweep();
    expect(await ann.closed()).toEqual(disconnects.connectionExpired);
    clock.jump(-2 * hour);
    expect(server.node.registry.size).toBe(0);
  });

  test.each(transports.filter((each) => each !== "websocket"))("ends the connection over %s", async (transport) => {
    const clock = new ManualClock();
    const streams = { sse: { enabled: true }, http_stream: { enabled: true } };
    await using server = await startOpenServer({ ...streams, client: { expired_close_delay: "0s" } }, { clock });
    using ann = await CentrifugeProbe.open(server.ws, { transport });
    ann.send(
      ann.command("connect", { token: tokenFor({ sub: "ann", exp: Math.floor((clock.wall() + hour) / 1000) }) }),
    );
    expect(await ann.next()).toMatchObject({ id: 1, connect: {} });
    clock.jump(2 * hour);
    for (let tick = 0; tick < aSecond; tick += 1) server.node.sweep();
    expect(await ann.closed()).toEqual(disconnects.connectionExpired);
  });

  test("ends a server-side subscription, and its connection with it", async () => {
    const clock = new ManualClock();
    await using server = await startOpenServer({ client: { expired_sub_close_delay: "0s" } }, { clock });
    using ann = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
    const expireAt = Math.floor((clock.wall() + hour) / 1000);
    await server.api.subscribe({ user: "ann" }, "a", { expireAt });
    expect(await ann.next()).toMatchObject({ push: { channel: "a", subscribe: {} } });
    clock.jump(2 * hour);
    for (let tick = 0; tick < aSecond; tick += 1) server.node.sweep();
    expect(await ann.closed()).toEqual(disconnects.subscriptionExpired);
  });

  test("ends the subscription", async () => {
    const clock = new ManualClock();
    await using server = await startOpenServer({ client: { expired_sub_close_delay: "0s" } }, { clock });
    using ann = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
    await ann.subscribe("a", {
      token: tokenFor({ sub: "ann", channel: "a", exp: Math.floor((clock.wall() + hour) / 1000) }),
    });
    clock.jump(2 * hour);
    for (let tick = 0; tick < aSecond; tick += 1) server.node.sweep();
    expect(await ann.next()).toMatchObject({ push: { channel: "a", unsubscribe: { code: 2501 } } });
    clock.jump(-2 * hour);
    expect(server.node.subscribers.get("a")).toBeUndefined();
  });
});

test("[SE60] a wall clock that is set back extends no subscription, also in its grace", async () => {
  const clock = new ManualClock();
  await using server = await startOpenServer({ client: { expired_sub_close_delay: "10s" } }, { clock });
  using ann = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
  const subscribe = (channel: string, seconds: number) =>
    ann.subscribe(channel, {
      token: tokenFor({ sub: "ann", channel, exp: Math.floor(clock.wall() / 1000) + seconds }),
    });
  const passed = async (seconds: number) => {
    clock.advance(seconds * 1000);
    server.node.sweep();
    await ann.fence();
  };
  const ended = (channel: string) => ({ push: { channel, unsubscribe: { code: 2501 } } });
  await subscribe("a", 60);
  await subscribe("b", 90);
  await passed(65);
  clock.jump(-hour);
  await subscribe("sooner", 1);
  await subscribe("later", 2 * 3600);
  await passed(6);
  expect(await ann.next()).toMatchObject(ended("a"));
  await passed(6);
  expect(await ann.next()).toMatchObject(ended("sooner"));
  await passed(24);
  expect(await ann.next()).toMatchObject(ended("b"));
  expect(server.node.subscribers.count("later")).toBe(1);
});

test("[SE23] [T82] a clock that was set back revives no token for longer than it was set back", async () => {
  const clock = new ManualClock();
  await using server = await startTestServer(config, { clock });
  const token = await connectionToken("ann", { expiresAt: clock.wall() - 1_000 });
  const late = new Probe(`${server.ws}/ws?token=${token}`);
  expect(await (await late.open()).closed()).toEqual(disconnects.connectionExpired);
  clock.jump(-hour);
  using revived = await new Probe(`${server.ws}/ws?token=${token}`).open();
  await server.log.next("connection.authenticated", { user: "ann" });
  clock.advance(hour);
  expect(await revived.closed()).toEqual(disconnects.connectionExpired);
});
