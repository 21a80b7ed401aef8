import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { disconnects } from "../../../src/core/disconnects.ts";
import { unsubscribes } from "../../../src/core/unsubscribes.ts";
import { Cable } from "../../support/cable.ts";
import { ManualClock } from "../../support/clock.ts";
import { startOpenServer, tokenFor } from "../../support/open-channels.ts";
import { testTimeout } from "../../support/patience.ts";
import { tellUser } from "../../support/tell.ts";
import { StockClient } from "./stock-client.ts";

setDefaultTimeout(testTimeout);

describe("the stock client and what the server does by itself", () => {
  test("[RC30] has the channels of its token from the start, and recovers them after a cut", async () => {
    await using server = await startOpenServer();
    await using cable = await Cable.to(server.url);
    using speaker = await new StockClient(server.ws).connect();
    const token = tokenFor({ sub: "ann", subs: { desk: { data: { hello: 1 }, info: { seat: 7 } } } });
    using client = new StockClient(cable.url, { token });
    client.api.connect();
    expect(await client.until("client", "subscribed")).toMatchObject({ channel: "desk", data: { hello: 1 } });
    await speaker.api.publish("desk", 1);
    expect(await client.until("client", "publication")).toMatchObject({ channel: "desk", data: 1 });
    cable.unplug();
    await client.until("client", "connecting");
    await speaker.api.publish("desk", 2);
    cable.plug();
    expect(await client.until("client", "subscribed")).toMatchObject({ channel: "desk", recovered: true });
    expect(await client.until("client", "publication")).toMatchObject({ data: 2, offset: 2 });
  });

  test("is subscribed by a back end while it is connected, and unsubscribed again", async () => {
    await using server = await startOpenServer();
    using client = await new StockClient(server.ws, { token: tokenFor({ sub: "ann" }) }).connect();
    const request = { channel: "desk", expireAt: null, since: null, data: '{"hello":2}' };
    tellUser(server, "ann", { type: "hub.subscribe", request });
    expect(await client.until("client", "subscribed")).toMatchObject({ channel: "desk", data: { hello: 2 } });
    tellUser(server, "ann", { type: "hub.unsubscribe", channel: "desk", unsubscribe: unsubscribes.server });
    expect(await client.until("client", "unsubscribed")).toEqual({ channel: "desk" });
  });

  test("stays out where the server unsubscribed it (2000), and comes back where its state broke (2500)", async () => {
    await using server = await startOpenServer();
    using client = await new StockClient(server.ws, { token: tokenFor({ sub: "ann" }) }).connect();
    await client.subscribe("room");
    const unsubscribe = { type: "hub.unsubscribe", channel: "room" } as const;
    tellUser(server, "ann", { ...unsubscribe, unsubscribe: unsubscribes.insufficientState });
    expect(await client.until("room", "subscribing")).toMatchObject({ code: 2500 });
    await client.until("room", "subscribed");
    tellUser(server, "ann", { ...unsubscribe, unsubscribe: unsubscribes.server });
    expect(await client.until("room", "unsubscribed")).toMatchObject({ code: 2000, reason: "server unsubscribe" });
  });

  test("goes for good after 3503 and 4500, and comes back after 3011 and 4000", async () => {
    await using server = await startOpenServer();
    const disconnect = (code: number, reason: string) =>
      tellUser(server, "ann", { type: "hub.disconnect", disconnect: { code, reason } });
    using client = await new StockClient(server.ws, { token: tokenFor({ sub: "ann" }) }).connect();
    for (const { code, reason } of [disconnects.forceReconnect, { code: 4000, reason: "back in a moment" }]) {
      disconnect(code, reason);
      expect(await client.until("client", "connecting")).toEqual({ code, reason });
      await client.until("client", "connected");
    }
    for (const { code, reason } of [disconnects.forceDisconnect, { code: 4500, reason: "go" }]) {
      disconnect(code, reason);
      expect(await client.until("client", "disconnected")).toEqual({ code, reason });
      await client.connect();
    }
  });

  test("comes to the server's successor when it is shut down (3001)", async () => {
    await using first = await startOpenServer();
    await using cable = await Cable.to(first.url);
    using client = await new StockClient(cable.url).connect();
    await using second = await startOpenServer();
    cable.plug(second.url);
    const stopping = first.stop();
    expect(await client.until("client", "connecting")).toMatchObject({ code: 3001, reason: "shutdown" });
    await client.until("client", "connected");
    expect(await stopping).toEqual({ cut: 0 });
  });

  test("answers pings, and is there as long as it does", async () => {
    const clock = new ManualClock();
    await using server = await startOpenServer({ client: { ping_interval: "10s", pong_timeout: "5s" } }, { clock });
    using client = await new StockClient(server.ws).connect();
    const pings = server.node.counters.framesOut;
    for (let second = 0; second < 100; second += 1) {
      // What is due is told at once; the client's answer is read before the next second begins.
      for (let tick = 0; tick < 20; tick += 1) {
        clock.advance(50);
        server.node.sweep();
      }
      await client.api.history("pings");
    }
    // A reply to each question, and a ping in ten seconds.
    expect(server.node.counters.framesOut - pings).toBe(110);
    expect(client.api.state).toBe("connected" as typeof client.api.state);
  });

  test("hears a back end's publications with tags and without a publisher", async () => {
    await using server = await startOpenServer();
    using client = await new StockClient(server.ws).connect();
    await client.subscribe("room");
    const history = server.node.rules.resolve("room")?.namespace.history ?? null;
    server.node.broker.publish(
      { channel: "room", data: { kind: "json", json: '{"from":"back"}' }, tags: { a: "b" }, exclude: null, history },
      null,
    );
    const { context } = await client.next();
    expect(context).toMatchObject({ data: { from: "back" }, tags: { a: "b" }, offset: 1 });
    expect(context).not.toHaveProperty("info");
  });
});
