import { afterAll, beforeAll, setDefaultTimeout } from "bun:test";
import { Keys } from "../../src/broker/redis/keys.ts";
import { openRedis } from "../../src/broker/redis/open.ts";
import type { RedisParts } from "../../src/broker/redis/ports.ts";
import { RedisInbox } from "../../src/messages/redis/inbox.ts";
import * as scripts from "../../src/messages/redis/scripts.ts";
import { systemClock, systemRandom, systemTimers } from "../../src/runtime/system.ts";
import { until } from "../broker/remote/fault-runs.ts";
import { inboxContract } from "../contracts/inbox.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { ManualClock } from "../support/clock.ts";
import { describeWithEngine } from "../support/engines.ts";
import { patience, testTimeout } from "../support/patience.ts";
import { TestRedis } from "../support/redis.ts";
import { TestRedisCluster } from "../support/redis-cluster.ts";

setDefaultTimeout(testTimeout);

const servers = [
  ["Redis", () => TestRedis.start()],
  ["a Redis cluster", () => TestRedisCluster.start()],
] as const;

for (const [name, start] of servers) {
  describeWithEngine(`the inbox on ${name}`, "redis-server", () => {
    let redis: Awaited<ReturnType<typeof start>>;
    let engine: RedisParts;
    let prefixes = 0;

    beforeAll(async () => {
      redis = await start();
      const events = { message: () => {}, resumed: () => {} };
      const log = new CapturedLog().log;
      const durations = { observe: () => {} };
      const machine = { clock: systemClock, timers: systemTimers, random: systemRandom };
      ({ engine } = openRedis([{ ...redis.options(), ioTimeout: patience }], events, { ...machine, log, durations }));
      const inbox = inboxOf("", new ManualClock());
      await until("Redis answers", async () => (await inbox.recall("")).state === "new");
    });
    afterAll(async () => {
      await engine.close();
      await redis[Symbol.asyncDispose]();
    });

    const inboxOf = (prefix: string, clock: ManualClock) => {
      const told: ((user: string) => void)[] = [];
      const redisPorts = { redis: engine.callerOf(Object.values(scripts)), keys: new Keys(prefix) };
      const tell = (user: string) => told.forEach((each) => void each(user));
      const listen = (each: (user: string) => void) => void told.push(each);
      return new RedisInbox({ ...redisPorts, isUp: () => true, clock, tell, listen }, { size: 3, ttl: 3_600_000 });
    };

    inboxContract(() => {
      prefixes += 1;
      const clock = new ManualClock();
      return { inbox: inboxOf(`test${prefixes}`, clock), clock, close: () => {} };
    });
  });
}
