import { expect, test } from "bun:test";
import { Redis } from "ioredis";
import { Keys } from "../../src/broker/redis/keys.ts";
import { decodeBody } from "../../src/broker/remote/wire.ts";
import { until } from "../broker/remote/fault-runs.ts";
import { describeWithRedisAndValkey } from "../support/engines.ts";
import { Link } from "../support/link.ts";
import { testTimeout } from "../support/patience.ts";
import { SeededRandom } from "../support/random.ts";
import { TestRedis } from "../support/redis.ts";
import { InboxRun } from "./fault-inbox.ts";
import { FaultNode } from "./fault-node.ts";
import { PresenceRun } from "./fault-presence.ts";

interface Run {
  readonly redis: TestRedis;
  readonly links: readonly [Link, Link];
  readonly nodes: readonly [FaultNode, FaultNode];
}

type Fault = (run: Run, at: 0 | 1) => Promise<void> | void;

const pass = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What loses calls and answers, and nothing that Redis has. */
const harmless: readonly Fault[] = [
  ({ links }, at) => links[at].cut(),
  async ({ links }, at) => {
    links[at].dropsAnswers = true;
    await pass(100);
    links[at].cut();
    links[at].dropsAnswers = false;
  },
  async ({ links }, at) => {
    links[at].isBlackHole = true;
    await pass(600);
    links[at].cut();
    links[at].isBlackHole = false;
  },
  async ({ redis }) => {
    redis.kill("SIGSTOP");
    await pass(500);
    redis.kill("SIGCONT");
  },
  ({ redis }) => void redis.command("SCRIPT", "FLUSH"),
  async ({ redis }) => {
    redis.command("CONFIG", "SET", "maxmemory", "1");
    await pass(100);
    redis.command("CONFIG", "SET", "maxmemory", "0");
  },
];

/** What Redis loses, and nodes that others take for gone. */
const harmful: readonly Fault[] = [
  ({ redis }) => redis.restart("empty"),
  ({ redis }) => redis.restart("kept"),
  ({ redis }) => void redis.command("FLUSHALL"),
  ({ nodes: [one, other] }) => {
    other.gone.add(one.name);
    other.presence.gone(one.name);
    one.presence.tick();
    other.gone.delete(one.name);
  },
];

/** Hears joins and leaves past all faults of networks. */
async function listen(redis: TestRedis, presence: PresenceRun): Promise<Redis> {
  const keys = new Keys("chorus");
  const listener = new Redis(redis.port, "127.0.0.1");
  listener.on("error", () => {});
  listener.on("message", (_, text: string) => {
    const told = decodeBody(text.slice(3), { offset: 0, epoch: "" });
    if (told?.type !== "join" && told?.type !== "leave") return;
    const { client } = told.info;
    presence.told.set(client, `${presence.told.get(client) ?? ""}${told.type === "join" ? "+" : "-"}`);
  });
  await listener.subscribe(keys.messages("a"), keys.messages("b"));
  return listener;
}

async function play(program: string, seed: number, faults: readonly Fault[], isLossy: boolean): Promise<void> {
  const random = new SeededRandom(seed);
  await using redis = await TestRedis.start([], undefined, program);
  using one = new Link(redis.port);
  using other = new Link(redis.port);
  const links = [one, other] as const;
  const create = (name: string, { port }: Link) =>
    new FaultNode(name, redis.options(port, { ioTimeout: 300, connectTimeout: 300 }));
  const nodes = [create("one", one), create("other", other)] as const;
  const presence = new PresenceRun(nodes, random);
  const inbox = new InboxRun(nodes, random);
  const listener = await listen(redis, presence);
  for (const node of nodes) await until("Redis answers", async () => (await node.inbox.recall("")).state === "new");
  redis.save();
  for (let fault = 0; fault < 5; fault++) {
    const happening = faults[random.int(faults.length)]?.({ redis, links, nodes }, random.int(2) as 0 | 1);
    for (let n = 0; n < 40; n++) {
      presence.step();
      inbox.step();
      await pass(random.int(10));
    }
    await presence.look();
    await happening;
    if (isLossy) inbox.forget();
  }
  await presence.judge();
  await inbox.judge();
  if (!isLossy) await until(`nothing is told wrongly: ${presence.mistold()}`, () => presence.mistold().length === 0);
  expect(presence.told.size).toBeGreaterThan(isLossy ? -1 : 0);
  listener.disconnect();
  for (const node of nodes) await node.close();
}

describeWithRedisAndValkey("presence and inbox of two nodes, under faults", (program) => {
  const from = new SeededRandom().int(1_000_000_000);
  test.concurrent.each([0, 1, 2].map((index) => from + index))(
    "[RD15] seed %d: calls and answers are lost",
    (seed) => play(program, seed, harmless, false),
    testTimeout,
  );
  test.concurrent.each([3, 4, 5].map((index) => from + index))(
    "[RD15] seed %d: data are lost too, and nodes are taken for gone",
    (seed) => play(program, seed, [...harmless, ...harmful], true),
    testTimeout,
  );
});
