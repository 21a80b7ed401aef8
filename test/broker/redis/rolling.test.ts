import { expect, setDefaultTimeout, test } from "bun:test";
import { openRedis } from "../../../src/broker/redis/open.ts";
import type { Engine } from "../../../src/broker/remote/engine.ts";
import { systemClock, systemRandom, systemTimers } from "../../../src/runtime/system.ts";
import { CapturedLog } from "../../support/captured-log.ts";
import { describeWithEngine } from "../../support/engines.ts";
import { testTimeout } from "../../support/patience.ts";
import { TestRedis } from "../../support/redis.ts";
import { until } from "../remote/fault-runs.ts";
import { options, RunHistory } from "../remote/node.ts";
import { redisNode } from "./node.ts";

setDefaultTimeout(testTimeout);

/** A node of another version: it writes what its encoder makes. */
class OtherVersion {
  readonly #engine: Engine;

  constructor(redis: TestRedis) {
    const events = { message: () => {}, resumed: () => {} };
    const ports = { clock: systemClock, timers: systemTimers, random: systemRandom, log: new CapturedLog().log };
    this.#engine = openRedis([redis.options()], events, { ...ports, durations: { observe: () => {} } }).engine;
  }

  /** False where it is not connected yet. */
  publish(channel: string, body: string): Promise<boolean> {
    const entry = { channel, body, history: options, key: "", version: 0, versionEpoch: "" };
    return new Promise((resolve) =>
      this.#engine.append([entry], ([answer]) => resolve(answer ? "position" in answer : false)),
    );
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

/** As nodes of version 0 wrote a publication. */
const encodeZeroth = (id: string, data: number) => `0${JSON.stringify({ id, d: String(data) })}`;

describeWithEngine("nodes of several versions", "redis-server", () => {
  test("[RB2] during a rolling update nodes understand the version before; one of an unknown version is a loss, not a guess", async () => {
    await using redis = await TestRedis.start();
    const node = redisNode([redis.options()], new RunHistory(), ["a"]);
    const other = new OtherVersion(redis);
    await until("the node is there", () => node.isInside("a"));
    await until("the other takes a publish", () => other.publish("a", encodeZeroth("old-1", 1)));
    await node.publish("a", 2);
    await until("both are delivered", () => node.positions.get("a")?.offset === 2);
    expect(node.lost).toBe(0);

    await other.publish("a", "9 what a later version writes");
    await other.publish("a", encodeZeroth("old-2", 4));
    await until("the subscriber is told that it has lost its position", () => node.lost === 1);
    await until("it comes back", () => node.positions.get("a")?.offset === 4);
    expect(node.broker.engineCounts.unreadable).toBeGreaterThan(0);
    await Promise.all([node.close(), other.close()]);
  });
});
