import { expect, setDefaultTimeout, test } from "bun:test";
import { shardOf } from "../../../src/broker/redis/shards.ts";
import { describeWithEngine } from "../../support/engines.ts";
import { testTimeout } from "../../support/patience.ts";
import { TestRedis } from "../../support/redis.ts";
import { judge, publish, until } from "../remote/fault-runs.ts";
import { RunHistory } from "../remote/node.ts";
import { redisNode } from "./node.ts";

setDefaultTimeout(testTimeout);

const names = Array.from({ length: 3_000 }, (_, n) => `channel ${n}`);

test("names are spread evenly, and one more shard takes its part from each of the others alone", () => {
  const parts = Map.groupBy(names, (name) => shardOf(name, 3));
  for (const part of parts.values()) expect(Math.abs(part.length - 1_000)).toBeLessThan(150);
  const moved = names.filter((name) => shardOf(name, 3) !== shardOf(name, 4));
  expect(moved.every((name) => shardOf(name, 4) === 3)).toBe(true);
});

const channels = ["a", "b", "c"];

describeWithEngine("two nodes on two shards", "redis-server", () => {
  test("[RD11] a shard that is away takes along its own channels alone", async () => {
    await using first = await TestRedis.start();
    await using second = await TestRedis.start();
    const history = new RunHistory();
    const create = () => redisNode([first.options(), second.options()], history, channels);
    const nodes = [create(), create()] as const;
    await until("both nodes hear all", () => nodes.every((node) => channels.every((each) => node.isInside(each))));
    await publish(nodes, 0, 60);
    const kept = [first, second].map((shard) => shard.command("KEYS", "*:s").split("\n").filter(Boolean).length);
    expect(kept.toSorted()).toEqual([1, 2]);

    const shards = [first, second] as const;
    const others = channels.filter((channel) => shardOf(channel, 2) !== shardOf("a", 2));
    shards[shardOf("a", 2)]?.kill("SIGKILL");
    for (const [n, channel] of others.entries()) expect(await nodes[0].publish(channel, 100 + n)).toBe(true);
    await until("its channel is refused", async () => !(await nodes[0].publish("a", 200)));
    await shards[shardOf("a", 2)]?.restart("empty");
    await judge(nodes, history);
  });
});
