import { afterAll, beforeAll, setDefaultTimeout } from "bun:test";
import { describeWithEngine } from "../support/engines.ts";
import { testTimeout } from "../support/patience.ts";
import { TestRedis } from "../support/redis.ts";
import { RedisSpace } from "../support/redis-space.ts";
import { playAll } from "./play-all.ts";

setDefaultTimeout(testTimeout);

describeWithEngine("recordings on Redis", "redis-server", () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await TestRedis.start(RedisSpace.args);
  });
  afterAll(() => redis[Symbol.asyncDispose]());
  playAll("RC4", () => new RedisSpace(redis));
});
