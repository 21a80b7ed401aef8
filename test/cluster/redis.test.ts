import { expect, setDefaultTimeout, test } from "bun:test";
import { until } from "../broker/remote/fault-runs.ts";
import { pub } from "../support/centrifuge-probe.ts";
import { describeWithEngine } from "../support/engines.ts";
import { testTimeout } from "../support/patience.ts";
import { SeededRandom } from "../support/random.ts";
import { TestRedis } from "../support/redis.ts";
import { connectionToken } from "../support/tokens.ts";
import { CommandStream } from "./command-stream.ts";
import { ClusterNode } from "./node.ts";

setDefaultTimeout(testTimeout);

describeWithEngine("nodes on Redis", "redis-server", () => {
  test("[RD3] a client of one node hears, recovers and reads what is published at another", async () => {
    await using redis = await TestRedis.start();
    await using one = await ClusterNode.start(redis);
    await using other = await ClusterNode.start(redis);
    const first = await other.connect();
    const { epoch } = await first.subscribe("a");
    await one.api("publish", { channel: "a", data: 1 });
    expect(await first.next()).toMatchObject(pub("a", { data: 1, offset: 1 }));
    await first.close();

    for (const data of [2, 3]) await one.api("publish", { channel: "a", data });
    using second = await other.connect();
    const recovered = await second.subscribe("a", { recover: true, offset: 1, epoch: String(epoch) });
    expect(recovered).toMatchObject({ recovered: true, publications: [{ data: 2 }, { data: 3 }] });
    expect(await other.api("history", { channel: "a", limit: 10 })).toMatchObject({ offset: 3, epoch });

    // A node that is killed takes nothing with it.
    one.process.signal("SIGKILL");
    await one.process.ended();
    await other.api("publish", { channel: "a", data: 4 });
    expect(await second.next()).toEqual(pub("a", { data: 4, offset: 4 }));
  });

  test("[RD3] a client publishes at its node, and is answered after its publication, which the other node has too", async () => {
    await using redis = await TestRedis.start();
    await using one = await ClusterNode.start(redis);
    await using other = await ClusterNode.start(redis);
    using publisher = await one.connect();
    using subscriber = await other.connect();
    await publisher.subscribe("a");
    await subscriber.subscribe("a");
    const info = { client: publisher.client };
    publisher.send(publisher.command("publish", { channel: "a", data: 1 }));
    expect(await publisher.take(2)).toMatchObject([pub("a", { data: 1, offset: 1, info }), { id: 3, publish: {} }]);
    expect(await subscriber.next()).toMatchObject(pub("a", { data: 1, offset: 1, info }));
  });

  test("publishes of one frame are few calls of Redis", async () => {
    await using redis = await TestRedis.start();
    await using node = await ClusterNode.start(redis);
    using client = await node.connect();
    const calls = () => Number(/cmdstat_evalsha:calls=(\d+)/.exec(redis.command("INFO", "commandstats"))?.[1]);
    await node.api("publish", { channel: "a", data: 0 });
    const before = calls();
    client.send(...Array.from({ length: 64 }, (_, data) => client.command("publish", { channel: "a", data })));
    await client.take(64);
    // What nodes do each second, beside it, are a handful.
    expect(calls() - before).toBeLessThan(32);
  });

  test("[RD4] a Redis that hangs is told by /readyz; what was published meanwhile is answered within a second", async () => {
    await using redis = await TestRedis.start();
    await using node = await ClusterNode.start(redis);
    using client = await node.connect();
    await client.subscribe("a");
    redis.kill("SIGSTOP");
    expect(await node.api("publish", { channel: "a", data: 1 })).toMatchObject({ error: { code: 100 } });
    await node.until(503);
    redis.kill("SIGCONT");
    await node.until(200);
    await node.api("publish", { channel: "a", data: 2 });
    // The first was executed all the same: error 100 says that it is unknown.
    expect(await client.take(2)).toMatchObject([pub("a", { data: 1, offset: 1 }), pub("a", { data: 2, offset: 2 })]);
  });

  test("[RD2] after a Redis that lost what it had acknowledged a positioned client is told within seconds", async () => {
    await using redis = await TestRedis.start();
    await using node = await ClusterNode.start(redis);
    using client = await node.connect();
    for (const data of [1, 2]) await node.api("publish", { channel: "a", data });
    redis.save();
    await client.subscribe("a");
    for (const data of [3, 4]) await node.api("publish", { channel: "a", data });
    expect(await client.take(2)).toEqual([pub("a", { data: 3, offset: 3 }), pub("a", { data: 4, offset: 4 })]);
    await redis.restart("kept");
    expect(await client.next()).toMatchObject({ push: { channel: "a", unsubscribe: { code: 2500 } } });
  });

  test("[RD6] subscribe, unsubscribe, refresh and disconnect of a user reach its connections on every node", async () => {
    await using redis = await TestRedis.start();
    await using one = await ClusterNode.start(redis);
    await using other = await ClusterNode.start(redis);
    using here = await one.connect({ token: await connectionToken("ann") });
    using there = await other.connect({ token: await connectionToken("ann") });
    using bob = await other.connect({ token: await connectionToken("bob") });
    const clients = [here, there];

    await one.api("subscribe", { user: "ann", channel: "a", info: { n: 1 } });
    for (const client of clients) expect(await client.next()).toMatchObject({ push: { channel: "a", subscribe: {} } });
    await other.api("publish", { channel: "a", data: 1 });
    for (const client of clients) expect(await client.next()).toMatchObject(pub("a", { data: 1, offset: 1 }));
    await one.api("unsubscribe", { user: "ann", channel: "a" });
    for (const client of clients) expect(await client.next()).toMatchObject({ push: { unsubscribe: { code: 2000 } } });
    await one.api("refresh", { user: "ann", expire_at: Math.floor(Date.now() / 1_000) + 3_600 });
    for (const client of clients) expect(await client.next()).toMatchObject({ push: { refresh: { expires: true } } });
    await one.api("disconnect", { user: "ann", whitelist: [there.client] });
    expect(await here.closed()).toMatchObject({ code: 3_503 });
    await one.api("disconnect", { user: "ann", client: there.client });
    expect(await there.closed()).toMatchObject({ code: 3_503 });
    expect(await bob.rest()).toEqual([]);
  });

  test("[PN1] presence, joins and leaves are of all nodes; those of a killed node's clients are ended by another", async () => {
    await using redis = await TestRedis.start();
    const channel = { presence: true, join_leave: true, allow_presence_for_subscriber: true };
    await using one = await ClusterNode.start(redis, redis.port, channel);
    await using other = await ClusterNode.start(redis, redis.port, channel);
    using witness = await other.connect({ token: await connectionToken("bob") });
    await witness.subscribe("a", { join_leave: true });
    expect(await witness.next()).toMatchObject({ push: { channel: "a", join: { info: { user: "bob" } } } });
    using client = await one.connect({ token: await connectionToken("ann") });
    const gone = await one.connect({ token: await connectionToken("eve") });
    for (const each of [client, gone]) await each.subscribe("a");
    expect(await witness.take(2)).toMatchObject([
      { push: { join: { info: { user: "ann", client: client.client } } } },
      { push: { join: { info: { user: "eve" } } } },
    ]);
    await gone.close();
    expect(await witness.next()).toMatchObject({ push: { leave: { info: { user: "eve" } } } });
    expect(await witness.ask("presence", { channel: "a" })).toMatchObject({
      presence: { presence: { [witness.client]: { user: "bob" }, [client.client]: { user: "ann" } } },
    });
    expect(await one.api("presence_stats", { channel: "a" })).toEqual({ num_clients: 2, num_users: 2 });

    one.process.signal("SIGKILL");
    expect(await witness.next()).toMatchObject({ push: { channel: "a", leave: { info: { user: "ann" } } } });
    expect(await other.api("presence_stats", { channel: "a" })).toEqual({ num_clients: 1, num_users: 1 });
    expect(await witness.rest()).toEqual([]);
  });

  test("[ND4] any node tells of all, and names the one that was killed", async () => {
    await using redis = await TestRedis.start();
    await using one = await ClusterNode.start(redis);
    await using other = await ClusterNode.start(redis);
    using here = await one.connect();
    using there = await other.connect();
    for (const [client, channel] of [
      [here, "shared"],
      [there, "shared"],
      [there, "alone"],
    ] as const) {
      await client.subscribe(channel);
    }
    expect(await one.api("channels", {})).toEqual({
      channels: { shared: { num_clients: 2 }, alone: { num_clients: 1 } },
    });
    const info = (await one.api("info", {})) as { nodes: { uid: string }[] };
    expect(info.nodes).toMatchObject([
      { num_clients: 1, num_subs: 1 },
      { num_clients: 1, num_subs: 2 },
    ]);
    await one.api("publish", { channel: "shared", data: 1 });
    await other.api("publish", { channel: "alone", data: 2 });
    expect(await one.api("push_log", {})).toMatchObject({
      entries: [{ channel: "alone", node: expect.any(String) }, { channel: "shared" }],
    });
    other.process.signal("SIGKILL");
    await other.process.ended();
    const missing = [{ uid: String(info.nodes[1]?.uid) }];
    expect(await one.api("info", {})).toMatchObject({ nodes: [{ num_clients: 1 }], missing });
    expect(await one.api("channels", {})).toMatchObject({ channels: { shared: { num_clients: 1 } }, missing });
  });

  test("[ND6] commands of a stream reach it through any node, in their order where they wait for each other", async () => {
    await using redis = await TestRedis.start();
    await using one = await ClusterNode.start(redis);
    await using other = await ClusterNode.start(redis);
    const random = new SeededRandom();
    const send = (node: ClusterNode, body: object) =>
      fetch(`${node.url}/emulation`, { method: "POST", body: JSON.stringify(body) });
    for (const owner of [one, other]) {
      await using stream = await CommandStream.open(owner.url);
      const { session, node } = await stream.connected();
      for (let id = 2; id < 12; id++) {
        const data = JSON.stringify({ id, subscribe: { channel: `c${id}` } });
        const { status } = await send(random.pick([one, other]), { session, node, data });
        expect(status).toBe(204);
        expect(await stream.next()).toMatchObject({ id, subscribe: {} });
      }
      expect((await send(one, { session, node: "unknown", data: "{}" })).status).toBe(404);
      expect((await send(one, { session: "unknown", node, data: "{}" })).status).toBe(204);
      if (owner === one) continue;
      other.process.signal("SIGKILL");
      await other.process.ended();
      expect((await send(one, { session, node, data: "{}" })).status).toBe(404);
    }
  });

  test("[ND7] a message reaches its user at whichever node, or waits for the next connection to any", async () => {
    await using redis = await TestRedis.start();
    await using one = await ClusterNode.start(redis);
    await using other = await ClusterNode.start(redis);
    const request = { token: await connectionToken("ann") };
    using here = await one.connect(request);
    using there = await other.connect(request);
    expect(await one.api("send", { user: "ann", data: { n: 1 } })).toEqual({ connections: 2, queued: false });
    for (const client of [here, there]) expect(await client.next()).toEqual({ push: { message: { data: { n: 1 } } } });
    const once = { user: "ann", client: there.client, data: 2, idempotency_key: "k" };
    for (const node of [one, other]) {
      expect(await node.api("send", once)).toEqual({ connections: 1, queued: false });
    }
    expect(await there.next()).toEqual({ push: { message: { data: 2 } } });
    for (const client of [here, there]) {
      expect(await client.rest()).toEqual([]);
      await client.close();
    }
    await until("both have gone", async () => {
      const { nodes } = (await one.api("info", {})) as { nodes: { num_clients: number }[] };
      return nodes.every(({ num_clients }) => num_clients === 0);
    });
    const waiting = { user: "ann", data: 3, queue_ttl_s: 60 };
    expect(await one.api("send", waiting)).toEqual({ connections: 0, queued: true });
    using back = await other.connect(request);
    expect(await back.next()).toEqual({ push: { message: { data: 3 } } });
    expect(await back.rest()).toEqual([]);
  });
});
