import { test } from "bun:test";
import { describeWithEngine } from "../../support/engines.ts";
import { testTimeout } from "../../support/patience.ts";
import { TestRedis } from "../../support/redis.ts";
import { TestSentinel } from "../../support/sentinel.ts";
import { judge, publish, publishFor, until } from "../remote/fault-runs.ts";
import { RunHistory } from "../remote/node.ts";
import { redisNode } from "./node.ts";

const channels = ["a", "b", "c"];

describeWithEngine("two nodes behind a sentinel", "redis-sentinel", () => {
  test.concurrent.each(["SIGKILL", "SIGSTOP"] as const)(
    "[RD2] the master gets %s: both nodes come to the new one, and nothing acknowledged is lost in silence",
    async (signal) => {
      await using master = await TestRedis.start();
      await using replica = await TestRedis.start(["--replicaof", "127.0.0.1", String(master.port)]);
      await using sentinel = await TestSentinel.start(master.port);
      const sentinels = [{ host: "127.0.0.1", port: sentinel.port }];
      const at = {
        kind: "sentinel",
        sentinels,
        name: "mymaster",
        user: "",
        password: "",
        clientName: "",
        tls: null,
      } as const;
      const history = new RunHistory();
      const options = replica.options(0, { at });
      const nodes = [redisNode([options], history, channels), redisNode([options], history, channels)] as const;
      await until("both nodes hear all", () => nodes.every((node) => channels.every((each) => node.isInside(each))));
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
