import { expect, setDefaultTimeout, test } from "bun:test";
import type { Tree } from "../../src/config/tree.ts";
import { until } from "../broker/remote/fault-runs.ts";
import { pub } from "../support/centrifuge-probe.ts";
import { describeWithEngine } from "../support/engines.ts";
import { testTimeout } from "../support/patience.ts";
import { TestRedis } from "../support/redis.ts";
import { TestRedisCluster } from "../support/redis-cluster.ts";
import { connectionToken } from "../support/tokens.ts";
import { ClusterNode } from "./node.ts";

setDefaultTimeout(testTimeout);

/** What clients of two nodes have of each other. */
async function together(shared: Tree): Promise<void> {
  const channel = { without_namespace: { presence: true } };
  await using one = await ClusterNode.startOn(shared, channel);
  await using other = await ClusterNode.startOn(shared, channel);
  using here = await one.connect({ token: await connectionToken("ann") });
  using there = await other.connect({ token: await connectionToken("bob") });
  for (const name of ["a", "b", "c", "d"]) {
    const { epoch } = await there.subscribe(name);
    await one.api("publish", { channel: name, data: name });
    expect(await there.next()).toMatchObject(pub(name, { data: name, offset: 1 }));
    expect(await here.subscribe(name, { recover: true, offset: 0, epoch: String(epoch) })).toMatchObject({
      recovered: true,
      publications: [{ data: name }],
    });
    expect(await one.api("presence_stats", { channel: name })).toMatchObject({ num_clients: 2, num_users: 2 });
  }
  await until(
    "each node knows the other",
    async () => JSON.stringify(await one.api("info", {})).split('"uid"').length === 3,
  );
  await one.api("send", { user: "bob", data: { n: 1 } });
  expect(await there.next()).toMatchObject({ push: { message: { data: { n: 1 } } } });
  await one.api("disconnect", { user: "bob" });
  expect(await there.closed()).toMatchObject({ code: 3_503 });
  await until(
    "the leave is seen",
    async () => (await one.api("presence_stats", { channel: "a" }))["num_clients"] === 1,
  );
}

describeWithEngine("two nodes on several servers", "redis-server", () => {
  test("[RD10] on a cluster: publications, recovery, presence, messages and operations reach the other node", async () => {
    await using cluster = await TestRedisCluster.start();
    await together(cluster.engine);
  });

  test("[RD11] on two shards: the same", async () => {
    await using first = await TestRedis.start();
    await using second = await TestRedis.start();
    const address = [first, second].map(({ port }) => `redis://127.0.0.1:${port}`);
    await together({ engine: { type: "redis", redis: { address, io_timeout: "1s" } } });
  });
});
