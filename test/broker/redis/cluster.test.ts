import { expect, setDefaultTimeout, test } from "bun:test";
import { checkRedis } from "../../../src/broker/redis/check.ts";
import { slotOf } from "../../../src/broker/redis/cluster/slots.ts";
import { systemRandom } from "../../../src/runtime/system.ts";
import { describeWithEngine } from "../../support/engines.ts";
import { testTimeout } from "../../support/patience.ts";
import { TestRedisCluster } from "../../support/redis-cluster.ts";
import { judge, publish, publishFor, until } from "../remote/fault-runs.ts";
import { RunHistory } from "../remote/node.ts";
import { redisNode } from "./node.ts";

setDefaultTimeout(testTimeout);

/** One in the slots of each of three masters. */
const channels = ["a", "b", "c"];

const slotOfChannel = (channel: string) => slotOf(`{${channel}}`);

async function joined(cluster: TestRedisCluster, history: RunHistory) {
  const create = () => redisNode([cluster.options()], history, channels);
  const nodes = [create(), create()] as const;
  await until("both nodes hear all", () => nodes.every((node) => channels.every((each) => node.isInside(each))));
  return nodes;
}

test("slots are those of the specification", () => {
  expect([slotOf("123456789"), slotOf("{user1000}.following"), slotOf("foo{}{bar}"), slotOf("{é}")]).toEqual([
    12_739,
    slotOf("user1000"),
    8_363,
    slotOf("é"),
  ]);
  expect(new Set(channels.map((channel) => Math.floor(slotOfChannel(channel) / 5_462))).size).toBe(3);
});

describeWithEngine("two nodes on a cluster", "redis-server", () => {
  test("[RD10] channels live on all masters, and a slot that moves takes its subscribers along", async () => {
    await using cluster = await TestRedisCluster.start();
    expect(await checkRedis(cluster.options(), systemRandom)).toBeNull();
    const history = new RunHistory();
    const nodes = await joined(cluster, history);
    await publish(nodes, 0, 60);
    const slot = slotOfChannel("b");
    const from = cluster.masterOf(slot);
    const to = cluster.masterOf(slotOfChannel("c"));
    let n = 60;
    await cluster.move(slot, to, async () => {
      await publish(nodes, n, n + 30);
      n += 30;
    });
    await publish(nodes, n, n + 30);
    // None of them was refused: a call is sent on to where its keys are.
    expect(history.acked).toHaveLength(n + 30);
    await judge(nodes, history);
    expect([cluster.masterOf(slot), from]).toEqual([to, expect.not.objectContaining({ port: to.port })]);
  });

  test.each(["SIGKILL", "SIGSTOP"] as const)(
    "[RD2] a master gets %s: both nodes come to its replica, and nothing acknowledged is lost in silence",
    async (signal) => {
      await using cluster = await TestRedisCluster.start({ replicas: 1 });
      const history = new RunHistory();
      const nodes = await joined(cluster, history);
      await publish(nodes, 0, 60);
      const slot = slotOfChannel("a");
      const gone = cluster.masterOf(slot);
      const publishing = publishFor(nodes, 60, 3_000);
      gone.kill(signal);
      await cluster.failedOver(slot, gone);
      await publishing;
      await judge(nodes, history);
    },
  );
});
