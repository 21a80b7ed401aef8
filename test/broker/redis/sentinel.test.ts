import { expect, setDefaultTimeout, test } from "bun:test";
import { checkRedis } from "../../../src/broker/redis/check.ts";
import type { RedisOptions } from "../../../src/broker/redis/options.ts";
import { systemRandom } from "../../../src/runtime/system.ts";
import { describeWithEngine, describeWithRedisAndValkey } from "../../support/engines.ts";
import { testTimeout } from "../../support/patience.ts";
import { freePort, TestRedis } from "../../support/redis.ts";
import { guardedAccess, nameTls, openAccess, type RedisAccess } from "../../support/redis-access.ts";
import { TestSentinel } from "../../support/sentinel.ts";
import { judge, publish, publishFor, until } from "../remote/fault-runs.ts";
import { RunHistory } from "../remote/node.ts";
import { redisNode } from "./node.ts";

setDefaultTimeout(testTimeout);

const channels = ["a", "b", "c"];

function startServer(access: RedisAccess, more: readonly string[] = [], program = "redis-server"): Promise<TestRedis> {
  const port = freePort();
  return TestRedis.start([...access.args(port), ...more], port, program, access.cli);
}

function replicaOf({ port }: TestRedis, { host }: RedisAccess): readonly string[] {
  return ["--replicaof", host, String(port)];
}

function optionsOf({ host, sentinels, options }: RedisAccess, all: readonly TestSentinel[], redis: TestRedis) {
  const servers = all.map(({ port }) => ({ host, port }));
  return redis.options(0, { at: { kind: "sentinel", sentinels: servers, ...sentinels }, ...options });
}

async function joined(options: RedisOptions, history: RunHistory) {
  const nodes = [redisNode([options], history, channels), redisNode([options], history, channels)] as const;
  await until("both nodes hear all", () => nodes.every((node) => channels.every((each) => node.isInside(each))));
  return nodes;
}

/** How the master goes, and how servers let others in; that of Valkey is built without TLS. */
const cases = [
  ["the master gets SIGKILL", "SIGKILL", () => openAccess],
  ["the master gets SIGSTOP", "SIGSTOP", () => openAccess],
  ["with TLS, users and names, the master gets SIGKILL", "SIGKILL", guardedAccess],
] as const;

describeWithRedisAndValkey("two nodes behind a sentinel", (program, isValkey) => {
  test.concurrent.each(isValkey ? cases.slice(0, 1) : cases)(
    "[RD2] %s: both nodes come to the new one, and nothing acknowledged is lost in silence",
    async (_, signal, accessOf) => {
      using access = accessOf();
      await using master = await startServer(access, [], program);
      await using replica = await startServer(access, replicaOf(master, access), program);
      await using sentinel = await TestSentinel.start(master.port, access, program);
      const history = new RunHistory();
      const nodes = await joined(optionsOf(access, [sentinel], replica), history);
      await publish(nodes, 0, 60);
      const publishing = publishFor(nodes, 60, 3_000);
      master.kill(signal);
      await sentinel.failedOver(master.port);
      await publishing;
      await judge(nodes, history);
    },
    testTimeout,
  );
});

describeWithEngine("sentinels of Redis", "redis-sentinel", () => {
  test("[RD13] a sentinel's own password and certificate: what is wrong is refused, and said", async () => {
    using access = guardedAccess();
    await using master = await startServer(access);
    await using _ = await startServer(access, replicaOf(master, access));
    await using sentinel = await TestSentinel.start(master.port, access);
    const options = optionsOf(access, [sentinel], master);
    const check = (more: Partial<RedisAccess["sentinels"]>) =>
      checkRedis({ ...options, at: { ...options.at, ...more } as RedisOptions["at"] }, systemRandom);
    expect(await check({})).toBeNull();
    const refusal = (words: RegExp) => ({ kind: "refused", words: expect.stringMatching(words) });
    expect(await check({ password: "wrong" })).toMatchObject(refusal(/WRONGPASS/));
    expect(await check({ name: "other" })).toMatchObject(refusal(/No such master/));
    expect(await check({ tls: { ...nameTls, ca: "" } })).toMatchObject(refusal(/self signed certificate/));
    expect(await check({ tls: { ...nameTls, serverName: "other" } })).toMatchObject(refusal(/certificate's altnames/));
  });

  test("[RD14] a sentinel that hangs keeps no node from the new master", async () => {
    await using master = await TestRedis.start();
    await using replica = await startServer(openAccess, replicaOf(master, openAccess));
    await using hung = await TestSentinel.start(master.port);
    await using one = await TestSentinel.start(master.port);
    await using other = await TestSentinel.start(master.port);
    const sentinels = [hung, one, other];
    await until("the sentinels know each other", () =>
      sentinels.every((each) => /num-other-sentinels\n2/.test(each.command("SENTINEL", "MASTER", "mymaster"))),
    );
    const history = new RunHistory();
    const nodes = await joined(optionsOf(openAccess, sentinels, replica), history);
    await publish(nodes, 0, 60);
    hung.kill("SIGSTOP");
    master.kill("SIGKILL");
    await one.failedOver(master.port);
    await judge(nodes, history);
  });
});
