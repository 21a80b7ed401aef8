import { expect, setDefaultTimeout, test } from "bun:test";
import { mergeTrees } from "../../src/config/tree.ts";
import { until } from "../broker/remote/fault-runs.ts";
import { pub } from "../support/centrifuge-probe.ts";
import { describeWithEngine } from "../support/engines.ts";
import type { JsonObject } from "../support/json.ts";
import { testTimeout } from "../support/patience.ts";
import { TestRedis } from "../support/redis.ts";
import { ClusterNode } from "./node.ts";
import { expectOneServer } from "./one-server.ts";

setDefaultTimeout(testTimeout);

describeWithEngine("nodes on Redis", "redis-server", () => {
  test("[RD3] a client of one node hears, recovers and reads what is published at another", async () => {
    await using redis = await TestRedis.start();
    await using one = await ClusterNode.start(redis);
    await using other = await ClusterNode.start(redis);
    await expectOneServer(one, other);
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

  test("[RD4] every method of the API is answered within io_timeout while Redis hangs", async () => {
    await using redis = await TestRedis.start();
    const shared = mergeTrees(redis.engine(redis.port), { engine: { redis: { io_timeout: "5s" } } });
    await using node = await ClusterNode.startOn(shared, { without_namespace: { presence: true } });
    await node.api("publish", { channel: "a", data: 1 });
    const user = "ann";
    const calls: readonly (readonly [string, JsonObject])[] = [
      ["publish", { channel: "a", data: 2 }],
      ["publish", { channel: "a", data: 2, idempotency_key: "k" }],
      ["broadcast", { channels: ["a", "b", "c"], data: 2 }],
      ["batch", { commands: [{ publish: { channel: "a", data: 2 } }, { history: { channel: "a" } }] }],
      ["history", { channel: "a", limit: 10 }],
      ["history_remove", { channel: "a" }],
      ["presence", { channel: "a" }],
      ["presence_stats", { channel: "a" }],
      ["subscribe", { user, channel: "a" }],
      ["disconnect", { user }],
      ["send", { user, data: 1 }],
      ["info", {}],
      ["channels", {}],
    ];
    redis.kill("SIGSTOP");
    const began = performance.now();
    const took = await Promise.all(
      calls.map(async ([method, params]) => {
        await node.api(method, params);
        return [method, performance.now() - began] as const;
      }),
    );
    // One call after the other, each with its time, would be twice as much.
    expect(took.filter(([, ms]) => ms > 9_000)).toEqual([]);
    redis.kill("SIGCONT");
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

  test("[PN4] after a Redis that lost everything presence is again what the connections of all nodes are", async () => {
    await using redis = await TestRedis.start();
    const rules = { presence: true, join_leave: true, force_recovery: false };
    await using one = await ClusterNode.start(redis, redis.port, rules);
    await using other = await ClusterNode.start(redis, redis.port, rules);
    using here = await one.connect();
    using there = await other.connect();
    const gone = await other.connect();
    for (const client of [here, there, gone]) await client.subscribe("a");
    redis.save();
    await gone.close();
    const stats = async () => (await one.api("presence_stats", { channel: "a" }))["num_clients"];
    await until("one has left", async () => (await stats()) === 2);
    for (const from of ["empty", "kept"] as const) {
      await redis.restart(from);
      await until(`presence is back after a restart that is ${from}`, async () => (await stats()) === 2);
    }
  });
});
