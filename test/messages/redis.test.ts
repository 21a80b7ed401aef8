import { afterAll, beforeAll } from "bun:test";
import { RedisEngine } from "../../src/broker/redis/engine.ts";
import { Keys } from "../../src/broker/redis/keys.ts";
import { RedisInbox } from "../../src/messages/redis/inbox.ts";
import * as scripts from "../../src/messages/redis/scripts.ts";
import { systemClock, systemRandom, systemTimers } from "../../src/runtime/system.ts";
import { inboxContract } from "../contracts/inbox.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { ManualClock } from "../support/clock.ts";
import { describeWithEngine } from "../support/engines.ts";
import { TestRedis } from "../support/redis.ts";

describeWithEngine("the inbox on Redis", "redis-server", () => {
  let redis: TestRedis;
  let engine: RedisEngine;
  let prefixes = 0;

  beforeAll(async () => {
    redis = await TestRedis.start();
    engine = new RedisEngine(
      redis.options(),
      { message: () => {}, resumed: () => {}, heard: () => {} },
      {
        clock: systemClock,
        timers: systemTimers,
        random: systemRandom,
        log: new CapturedLog().log,
        durations: { observe: () => {} },
      },
    );
    await engine.ready();
  });
  afterAll(async () => {
    await engine.close();
    await redis[Symbol.asyncDispose]();
  });

  inboxContract(() => {
    prefixes += 1;
    const clock = new ManualClock();
    const told: ((user: string) => void)[] = [];
    const inbox = new RedisInbox(
      {
        redis: engine.callerOf(Object.values(scripts)),
        keys: new Keys(`test${prefixes}`),
        clock,
        tell: (user) => told.forEach((each) => void each(user)),
        listen: (each) => void told.push(each),
      },
      { size: 3, ttl: 3_600_000 },
    );
    return { inbox, clock, close: () => {} };
  });
});
