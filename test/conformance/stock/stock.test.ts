import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Cable } from "../../support/cable.ts";
import { everything, startOpenServer, tokenFor } from "../../support/open-channels.ts";
import { testTimeout } from "../../support/patience.ts";
import { StockClient } from "./stock-client.ts";

setDefaultTimeout(testTimeout);

const config = {
  channel: {
    namespaces: [
      { name: "brief", ...everything, history_size: 2 },
      { name: "closed", ...everything, allow_subscribe_for_client: false },
    ],
  },
};

describe("the stock client in Bun", () => {
  test("[RC10] connects, subscribes, and hears its own publications before they are answered", async () => {
    await using server = await startOpenServer(config);
    using client = await new StockClient(server.ws).connect();
    const news = await client.subscribe("news");
    const order: string[] = [];
    news.on("publication", ({ data }) => order.push(`heard ${data}`));
    await news.publish("one").then(() => order.push("answered one"));
    await client.api.publish("news", "two").then(() => order.push("answered two"));
    expect(order).toEqual(["heard one", "answered one", "heard two", "answered two"]);
    const { context } = await client.next();
    expect(context).toMatchObject({ channel: "news", data: "one", offset: 1, info: { user: "" } });
  });

  test("sees who is there, and hears who comes and goes", async () => {
    await using server = await startOpenServer(config);
    const token = (sub: string) => tokenFor({ sub, info: { name: sub } });
    using ann = await new StockClient(server.ws, { token: token("ann") }).connect();
    const channel = await ann.subscribe("room", { joinLeave: true });
    const own = await ann.until("room", "join");
    expect(own).toMatchObject({ info: { user: "ann", connInfo: { name: "ann" } } });
    const bob = await new StockClient(server.ws, { token: token("bob") }).connect();
    await bob.subscribe("room");
    expect(await ann.until("room", "join")).toMatchObject({ channel: "room", info: { user: "bob" } });
    const { clients } = await channel.presence();
    expect(Object.values(clients).map(({ user, connInfo }) => [user, connInfo])).toEqual([
      ["ann", { name: "ann" }],
      ["bob", { name: "bob" }],
    ]);
    expect(await channel.presenceStats()).toEqual({ numClients: 2, numUsers: 2 });
    bob.api.disconnect();
    expect(await ann.until("room", "leave")).toMatchObject({ info: { user: "bob" } });
  });

  test("reads history forwards, backwards, from a position and a page at a time", async () => {
    await using server = await startOpenServer(config);
    using client = await new StockClient(server.ws).connect();
    for (const data of [1, 2, 3, 4]) await client.api.publish("past", data);
    const top = await client.api.history("past", { limit: 0 });
    expect(top).toMatchObject({ publications: [], offset: 4 });
    const read = async (options: Parameters<typeof client.api.history>[1]) =>
      (await client.api.history("past", options)).publications.map(({ data }) => data);
    expect(await read({ limit: -1 })).toEqual([1, 2, 3, 4]);
    expect(await read({ limit: 2 })).toEqual([1, 2]);
    expect(await read({ limit: 2, reverse: true })).toEqual([4, 3]);
    expect(await read({ limit: 10, since: { offset: 2, epoch: top.epoch } })).toEqual([3, 4]);
    const stale = client.api.history("past", { limit: 1, since: { offset: 2, epoch: "elsewhen" } });
    expect(await stale.catch((error: unknown) => error)).toMatchObject({ code: 112 });
  });

  test("gets what it missed while its line was cut, once and in order", async () => {
    await using server = await startOpenServer(config);
    await using cable = await Cable.to(server.url);
    using speaker = await new StockClient(server.ws).connect();
    using client = await new StockClient(cable.url).connect();
    await client.subscribe("news");
    await speaker.api.publish("news", 1);
    expect(await client.publications("news", 1)).toEqual([1]);
    cable.unplug();
    await client.until("client", "connecting");
    for (let data = 2; data <= 21; data += 1) await speaker.api.publish("news", data);
    cable.plug();
    const subscribed = await client.until("news", "subscribed");
    expect(subscribed).toMatchObject({ wasRecovering: true, recovered: true, hasRecoveredPublications: true });
    expect(await client.publications("news", 20)).toEqual(Array.from({ length: 20 }, (_, index) => index + 2));
    await speaker.api.publish("news", 22);
    expect(await client.publications("news", 1)).toEqual([22]);
  });

  test("[RC14] is told that it could not be recovered, and gets what comes from then on", async () => {
    await using server = await startOpenServer(config);
    await using cable = await Cable.to(server.url);
    using speaker = await new StockClient(server.ws).connect();
    using client = await new StockClient(cable.url).connect();
    await client.subscribe("brief:news");
    cable.unplug();
    await client.until("client", "connecting");
    for (const data of [1, 2, 3]) await speaker.api.publish("brief:news", data);
    cable.plug();
    const subscribed = await client.until("brief:news", "subscribed");
    expect(subscribed).toMatchObject({ wasRecovering: true, recovered: false, hasRecoveredPublications: false });
    await speaker.api.publish("brief:news", 4);
    expect(await client.publications("brief:news", 1)).toEqual([4]);
  });

  test("sends many commands in one frame, and each has its own answer", async () => {
    await using server = await startOpenServer(config);
    using client = await new StockClient(server.ws).connect();
    const before = server.node.counters.framesIn;
    client.api.startBatching();
    const channel = client.subscription("batch");
    channel.subscribe();
    const answers = [1, 2, 3].map((data) => client.api.publish("batch", data));
    const history = client.api.history("batch", { limit: 10 });
    client.api.stopBatching();
    await Promise.all(answers);
    expect((await history).publications.map(({ data }) => data)).toEqual([1, 2, 3]);
    await client.until("batch", "subscribed");
    expect(await client.publications("batch", 3)).toEqual([1, 2, 3]);
    expect(server.node.counters.framesIn - before).toBe(1);
  });

  test("is told of an rpc that there is none, and is closed for good after a message that nobody takes", async () => {
    await using server = await startOpenServer(config);
    using client = await new StockClient(server.ws).connect();
    const answer = await client.api.rpc("anything", {}).catch((error: unknown) => error);
    expect(answer).toMatchObject({ code: 108, message: "not available" });
    await client.api.send({ hello: "?" });
    expect(await client.until("client", "disconnected")).toEqual({ code: 3508, reason: "not available" });
  });

  test("knows why a subscription was refused, and does not ask again", async () => {
    await using server = await startOpenServer(config);
    using client = await new StockClient(server.ws).connect();
    const refused = async (channel: string) => {
      client.subscription(channel).subscribe();
      return await client.until(channel, "unsubscribed");
    };
    expect(await refused("closed:a")).toMatchObject({ code: 103, reason: "permission denied" });
    expect(await refused("nowhere:a")).toMatchObject({ code: 102, reason: "unknown channel" });
    expect(await refused("x".repeat(256))).toMatchObject({ code: 107, reason: "bad request" });
  });
});
