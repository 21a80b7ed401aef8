import { expect, setDefaultTimeout, test } from "bun:test";
import { disconnects } from "../../src/core/disconnects.ts";
import { amongBystanders } from "../support/bystanders.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { faultyBroker, faultyChannel } from "../support/faulty-broker.ts";
import { startOpenServer } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { startTestServer } from "../support/server.ts";

setDefaultTimeout(testTimeout);

test("[F17] a connection that throws is closed with 3004 and logged with its id; nobody else notices", async () => {
  const crashes = 20;
  await using server = await startTestServer({}, { replace: { broker: faultyBroker("answer of join") } });
  await amongBystanders(server.ws, async () => {
    for (let crash = 0; crash < crashes; crash += 1) {
      const probe = new Probe(`${server.ws}/ws?channel=${faultyChannel}`);
      expect(await (await probe.open()).closed()).toEqual(disconnects.internal);
      const { connection } = await server.log.next("connection.crashed");
      expect(connection).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
  expect(await server.metric("chorus_actor_crashes_total")).toBe(crashes);
  expect(server.log.count("connection.crashed")).toBe(crashes);
});

test("[OP3] [F17] the lines of crashes have a bounded rate, and tell how many were left out", async () => {
  const clock = new ManualClock();
  await using server = await startTestServer({}, { replace: { broker: faultyBroker("answer of join") }, clock });
  const crash = async () => (await new Probe(`${server.ws}/ws?channel=${faultyChannel}`).open()).closed();
  for (let crashes = 0; crashes < 30; crashes += 1) await crash();
  expect(await server.metric("chorus_actor_crashes_total")).toBe(30);
  expect(server.log.count("connection.crashed")).toBe(20);
  clock.advance(1_000);
  await crash();
  expect(server.log.lines.findLast(({ event }) => event === "connection.crashed")).toMatchObject({ suppressed: 10 });
});

test("[F17] what has crashed leaves no connection, no channel, no user and no deadline behind", async () => {
  await using server = await startTestServer({}, { replace: { broker: faultyBroker("answer of join") } });
  const gauges = ["chorus_sockets", "chorus_users", "chorus_channels", "chorus_deadlines", "chorus_stalled"];
  const before = await Promise.all(gauges.map((name) => server.metric(name)));
  for (let crash = 0; crash < 10; crash += 1) {
    await (await new Probe(`${server.ws}/ws?channel=${faultyChannel}`).open()).closed();
  }
  expect(await Promise.all(gauges.map((name) => server.metric(name)))).toEqual(before);
});

test("[F17] what throws past an actor costs its connection too, and leaves nothing behind", async () => {
  await using server = await startOpenServer();
  const { rules } = server.node;
  const { mayPublish } = rules;
  Reflect.set(rules, "mayPublish", (...asked: Parameters<typeof mayPublish>) => {
    if (asked[0] === faultyChannel) throw new Error("injected");
    return mayPublish(...asked);
  });
  await amongBystanders(server.ws, async () => {
    using probe = await CentrifugeProbe.connect(server.ws);
    await probe.subscribe(faultyChannel);
    probe.send(probe.command("publish", { channel: faultyChannel, data: 1 }));
    expect(await probe.closed()).toEqual(disconnects.internal);
    expect(server.node.subscribers.get(faultyChannel)).toBeUndefined();
    expect(server.node.registry.member(probe.client)).toBeNull();
  });
  expect(server.node.counters.errors).toBe(1);
});
