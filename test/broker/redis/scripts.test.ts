import { expect, test } from "bun:test";
import { RedisEngine } from "../../../src/broker/redis/engine.ts";
import type { EngineEvents } from "../../../src/broker/remote/engine.ts";
import { describeWithRedisAndValkey } from "../../support/engines.ts";
import { testTimeout } from "../../support/patience.ts";
import { SeededRandom } from "../../support/random.ts";
import { TestRedis } from "../../support/redis.ts";
import { callOf, named, onReal, onSimulated } from "../remote/calls.ts";
import { enginePorts } from "../remote/engine-ports.ts";

/** Counts the keys that never go. */
const lasting = `
local count = 0
for _, key in ipairs(redis.call('KEYS', '*')) do
  if redis.call('PTTL', key) < 0 then count = count + 1 end
end
return count`;

describeWithRedisAndValkey("the scripts", (program) => {
  test(
    "[RD1] Redis answers every sequence of calls as the simulated server does, and tells the same messages",
    async () => {
      await using redis = await TestRedis.start([], undefined, program);
      const random = new SeededRandom();
      for (let run = 0; run < 25; run++) {
        const calls = Array.from({ length: 40 }, (_, number) => callOf(random, number, "any"));
        redis.command("FLUSHALL");
        // The connection of commands and that of messages.
        const open = (events: EngineEvents) =>
          new RedisEngine(redis.options(), { ...events, heard: () => {} }, enginePorts());
        const [real, realMessages] = await onReal(open, 2, calls);
        const [simulated, simulatedMessages] = onSimulated(calls);
        expect(named(real)).toBe(named(simulated));
        expect(named(realMessages)).toBe(named(simulatedMessages));
        expect(redis.command("EVAL", lasting, "0")).toBe("0");
      }
    },
    testTimeout,
  );
});
