import { setDefaultTimeout, test } from "bun:test";
import { until } from "../broker/remote/fault-runs.ts";
import { describeWithEngine } from "../support/engines.ts";
import { testTimeout } from "../support/patience.ts";
import { TestRedis } from "../support/redis.ts";
import { ClusterNode } from "./node.ts";
import { RunClient } from "./run-client.ts";
import { RunRecord } from "./run-record.ts";

setDefaultTimeout(testTimeout);

const channels = ["a", "b"];
const clientCount = 6;

/** Two nodes that stay, one that something happens to, and the nodes that clients come back to. */
interface Run {
  readonly redis: TestRedis;
  readonly stays: ClusterNode;
  readonly victim: ClusterNode;
  readonly living: ClusterNode[];
  publish(): Promise<unknown>;
}

const start = (redis: TestRedis) => ClusterNode.start(redis, redis.port, { history_size: 10_000, presence: true });

async function replace({ redis, victim, living, publish }: Run): Promise<void> {
  living.splice(living.indexOf(victim), 1);
  victim.process.signal("SIGTERM");
  const ended = victim.process.ended();
  await publish();
  living.push(await start(redis));
  await ended;
}

/** What happens to a node; each ends with silence. */
const faults: readonly (readonly [name: string, happen: (run: Run) => Promise<void>])[] = [
  [
    "a node that is killed",
    async ({ victim, living, publish }) => {
      living.splice(living.indexOf(victim), 1);
      victim.process.signal("SIGKILL");
      await publish();
      await victim.process.ended();
    },
  ],
  [
    "a node that stands still until it is taken for gone, and goes on",
    async ({ stays, victim, publish }) => {
      victim.process.signal("SIGSTOP");
      await until("it is taken for gone", async () => {
        await publish();
        return JSON.stringify(await stays.api("info", {})).split('"uid"').length === 2;
      });
      victim.process.signal("SIGCONT");
    },
  ],
  ["a node that is replaced", replace],
];

describeWithEngine("clients of several nodes", "redis-server", () => {
  test.concurrent.each(faults)(
    "[RD12] %s: clients miss nothing in silence, and presence is who is there",
    async (_, happen) => {
      await using redis = await TestRedis.start();
      await using stays = await start(redis);
      await using victim = await start(redis);
      const living = [stays, victim];
      const record = new RunRecord();
      let turns = 0;
      const next = () => living[turns++ % living.length] ?? stays;
      const clients = Array.from({ length: clientCount }, () => new RunClient(record, channels, () => next().url));
      await until("all clients are in", () => clients.every(({ isInside }) => isInside));
      const publish = () =>
        Promise.all(channels.flatMap((each) => [stays, stays].map((at) => record.publish(at, each))));
      for (let n = 0; n < 10; n++) await publish();
      await happen({ redis, stays, victim, living, publish });
      for (let n = 0; n < 10; n++) await publish();
      await record.judge(stays, clients, channels);
      for (const client of clients) client.stop();
      for (const node of living) if (node !== stays && node !== victim) await node[Symbol.asyncDispose]();
    },
  );
});
