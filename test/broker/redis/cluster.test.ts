import { expect, setDefaultTimeout, test } from "bun:test";
import { checkRedis } from "../../../src/broker/redis/check.ts";
import { slotOf } from "../../../src/broker/redis/cluster/slots.ts";
import { ownersOf } from "../../../src/broker/redis/cluster/topology.ts";
import type { RedisOptions } from "../../../src/broker/redis/options.ts";
import { systemRandom } from "../../../src/runtime/system.ts";
import { describeWithEngine, describeWithRedisAndValkey } from "../../support/engines.ts";
import { patience, testTimeout } from "../../support/patience.ts";
import { frontedAccess, guardedAccess, nameTls, openAccess } from "../../support/redis-access.ts";
import { TestRedisCluster } from "../../support/redis-cluster.ts";
import { judge, publish, publishFor, until } from "../remote/fault-runs.ts";
import { RunHistory } from "../remote/node.ts";
import { redisNode } from "./node.ts";

setDefaultTimeout(testTimeout);

/** One in the slots of each of three masters. */
const channels = ["a", "b", "c"];

const slotOfChannel = (channel: string) => slotOf(`{${channel}}`);

const check = (options: Parameters<typeof checkRedis>[0]) => checkRedis(options, systemRandom);

async function joined(cluster: TestRedisCluster, history: RunHistory, more: Partial<RedisOptions> = {}) {
  const create = () => redisNode([cluster.options(more)], history, channels);
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

test.each([
  ["a name that is announced", ["db.example", 1], "db.example:1"],
  ["none at all", [null, 1], "asked:1"],
  ["an empty one", ["", 1], "asked:1"],
  ["none where names are preferred", ["?", 1, "id", ["ip", "10.0.0.1"]], "10.0.0.1:1"],
  ["none where names are preferred, as a map", ["?", 1, "id", { ip: "10.0.0.1" }], "10.0.0.1:1"],
  ["none where names are preferred, and nothing else", ["?", 1], "asked:1"],
])("a server of a cluster with %s", (_, server, expected) => {
  expect(ownersOf([[0, 16_383, server]], "asked")?.[5]).toBe(expected);
});

describeWithRedisAndValkey("two nodes on a cluster", (program, isValkey) => {
  const guarded = isValkey ? frontedAccess : guardedAccess;
  test.each([
    ["that is open", () => openAccess],
    ["with TLS, users and names", guarded],
  ] as const)(
    "[RD10] %s: channels live on all masters, and a slot that moves takes its subscribers along",
    async (_, accessOf) => {
      using access = accessOf();
      await using cluster = await TestRedisCluster.start({ access, program });
      expect(await check(cluster.options())).toBeNull();
      const history = new RunHistory();
      // A machine that is busy answers late: that is no refusal.
      const nodes = await joined(cluster, history, { ioTimeout: patience, connectTimeout: patience });
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
      const failures = nodes.flatMap(({ log }) => log.lines.filter(({ event }) => event === "engine.failed"));
      expect([history.acked.length, failures]).toEqual([n + 30, []]);
      await judge(nodes, history);
      expect([cluster.masterOf(slot), from]).toEqual([to, expect.not.objectContaining({ port: to.port })]);
    },
  );
});

describeWithEngine("two nodes on a cluster of Redis", "redis-server", () => {
  test("[RD13] every server is replaced, with TLS, users and names: both nodes follow to servers that they were not told of", async () => {
    using access = guardedAccess();
    await using cluster = await TestRedisCluster.start({ access });
    const { at, ...options } = cluster.options();
    const refusal = { kind: "refused" };
    expect(await check({ ...options, at, password: "wrong" })).toMatchObject(refusal);
    expect(await check({ ...options, at, tls: { ...nameTls, ca: "" } })).toMatchObject(refusal);
    expect(await check({ ...options, at, tls: { ...nameTls, cert: "", key: "" } })).toMatchObject(refusal);
    // The certificate is that of the name alone.
    const servers = cluster.servers.map(({ port }) => ({ host: "127.0.0.1", port }));
    expect(await check({ ...options, at: { kind: "cluster", servers } })).toMatchObject(refusal);
    const history = new RunHistory();
    const nodes = await joined(cluster, history);
    let isOver = false;
    const publishing = (async () => {
      for (let n = 0; !isOver; n += 6) await publish(nodes, n, n + 6);
    })();
    for (const server of cluster.servers) await cluster.replace(server);
    isOver = true;
    await publishing;
    await judge(nodes, history);
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
