import { test } from "bun:test";
import { describeWithRedisAndValkey } from "../../support/engines.ts";
import { Link } from "../../support/link.ts";
import { patience } from "../../support/patience.ts";
import { TestRedis } from "../../support/redis.ts";
import { judge, publish, publishFor, until } from "../remote/fault-runs.ts";
import { type EngineNode, RunHistory } from "../remote/node.ts";
import { redisNode } from "./node.ts";

const channels = ["a", "b", "c"];

/** Two nodes, each behind its own network, on one server. */
interface Run {
  readonly redis: TestRedis;
  readonly links: readonly [Link, Link];
  readonly nodes: readonly [EngineNode, EngineNode];
  readonly history: RunHistory;
}

/** What fails, and how it is put right; the last fault of a run is followed by silence. */
interface Fault {
  readonly name: string;
  readonly args?: readonly string[];
  readonly happen: (run: Run) => Promise<void> | void;
  readonly heal?: (run: Run) => Promise<void> | void;
  /** The time that it lasts, in milliseconds. */
  readonly lasts?: number;
}

const faults: readonly Fault[] = [
  { name: "cut connections", happen: ({ links }) => links[0].cut() },
  {
    name: "a black hole of one node",
    happen: ({ links }) => {
      links[0].isBlackHole = true;
    },
    heal: ({ links }) => {
      links[0].isBlackHole = false;
    },
    lasts: 4_000,
  },
  {
    name: "answers that are lost after execution",
    happen: ({ links }) => {
      links[0].dropsAnswers = true;
    },
    heal: ({ links }) => {
      links[0].cut();
      links[0].dropsAnswers = false;
    },
    lasts: 300,
  },
  { name: "kill -9 without data", happen: ({ redis }) => redis.restart("empty") },
  { name: "a restart from an older snapshot", happen: ({ redis }) => redis.restart("kept") },
  {
    name: "a server that hangs",
    happen: ({ redis }) => redis.kill("SIGSTOP"),
    heal: ({ redis }) => redis.kill("SIGCONT"),
    lasts: 4_000,
  },
  { name: "FLUSHALL", happen: ({ redis }) => void redis.command("FLUSHALL") },
  { name: "CLIENT KILL", happen: ({ redis }) => void redis.command("CLIENT", "KILL", "TYPE", "pubsub") },
  { name: "SCRIPT FLUSH", happen: ({ redis }) => void redis.command("SCRIPT", "FLUSH") },
  {
    name: "a full memory",
    happen: ({ redis }) => void redis.command("CONFIG", "SET", "maxmemory", "1"),
    heal: ({ redis }) => void redis.command("CONFIG", "SET", "maxmemory", "0"),
    lasts: 300,
  },
  {
    name: "a replica that takes no writes",
    happen: ({ redis }) => void redis.command("REPLICAOF", "127.0.0.1", "1"),
    heal: ({ redis }) => void redis.command("REPLICAOF", "NO", "ONE"),
    lasts: 300,
  },
  {
    name: "a permission that is taken away",
    happen: ({ redis }) => void redis.command("ACL", "SETUSER", "default", "-evalsha", "-eval"),
    heal: ({ redis }) => void redis.command("ACL", "SETUSER", "default", "+@all"),
    lasts: 300,
  },
  {
    name: "a network that is slow",
    happen: ({ links }) => {
      links[0].delayMs = 200;
    },
    heal: ({ links }) => {
      links[0].delayMs = 0;
    },
    lasts: 600,
  },
  {
    name: "a password that is another one",
    happen: ({ redis }) => {
      redis.command("CONFIG", "SET", "requirepass", "other");
      redis.command("-a", "other", "CLIENT", "KILL", "TYPE", "normal");
      redis.command("-a", "other", "CLIENT", "KILL", "TYPE", "pubsub");
    },
    heal: ({ redis }) => void redis.command("-a", "other", "CONFIG", "SET", "requirepass", ""),
    lasts: 600,
  },
  {
    name: "an output buffer that is full",
    happen: ({ redis }) => void redis.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1 1 1"),
    heal: ({ redis }) => void redis.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 0 0"),
    lasts: 300,
  },
];

/** Valkey differs from Redis in none of its ways to fail: what it keeps and tells is looked at. */
const faultsOfValkey = new Set(["cut connections", "kill -9 without data", "a restart from an older snapshot"]);

describeWithRedisAndValkey("two nodes", (program, isValkey) => {
  const some = isValkey ? faults.filter(({ name }) => faultsOfValkey.has(name)) : faults;
  test.concurrent.each(some.map((fault) => [fault.name, fault] as const))(
    "[RD2] %s: nothing acknowledged is lost in silence, and both nodes come to rest at the top",
    async (_, fault) => {
      await using redis = await TestRedis.start(fault.args, undefined, program);
      using one = new Link(redis.port);
      using other = new Link(redis.port);
      const history = new RunHistory();
      const nodes = [
        redisNode([redis.options(one.port)], history, channels),
        redisNode([redis.options(other.port)], history, channels),
      ] as const;
      const run: Run = { redis, links: [one, other], nodes, history };
      await until("both nodes hear all channels", () => nodes.every((node) => channels.every((c) => node.isInside(c))));
      await publish(nodes, 0, 30);
      redis.save();
      await publish(nodes, 30, 60);
      const publishing = publishFor(nodes, 60, (fault.lasts ?? 0) + 300);
      await fault.happen(run);
      await publishing;
      await fault.heal?.(run);
      await judge(nodes, history);
    },
    patience * 3,
  );

  test(
    "a server that begins another generation under its connections is noticed in silence",
    async () => {
      await using redis = await TestRedis.start([], undefined, program);
      const history = new RunHistory();
      const node = redisNode([redis.options()], history, channels);
      await until("the node hears all channels", () => channels.every((channel) => node.isInside(channel)));
      for (const [n, channel] of channels.entries()) await node.publish(channel, n);
      redis.command("REPLICAOF", "127.0.0.1", "1");
      redis.command("REPLICAOF", "NO", "ONE");
      await until("every channel is lost", () => node.lost >= channels.length);
      await node.close();
    },
    patience * 3,
  );
});
