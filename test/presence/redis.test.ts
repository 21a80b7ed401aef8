import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { ClientInfo } from "../../src/core/publication.ts";
import type { Presence } from "../../src/presence/presence.ts";
import type { Visibility } from "../../src/presence/presence-events.ts";
import { until } from "../broker/remote/fault-runs.ts";
import { presenceContract } from "../contracts/presence.ts";
import { describeWithEngine } from "../support/engines.ts";
import { testTimeout } from "../support/patience.ts";
import { TestRedis } from "../support/redis.ts";
import { TestRedisCluster } from "../support/redis-cluster.ts";
import { PresenceNode } from "./redis-node.ts";

setDefaultTimeout(testTimeout);

const told: Visibility = { presence: true, joinLeave: true, leaveGrace: 0 };
const hidden: Visibility = { ...told, presence: false };
const patient: Visibility = { ...told, leaveGrace: 5_000 };
const silent: Visibility = { ...told, joinLeave: false };

const ann = (client: string) => ({ user: "ann", client });

/** Presence of one node, as those that are not shared. */
function asPresence(node: PresenceNode | undefined): Presence {
  if (!node) throw new Error();
  const { presence } = node;
  return {
    enter: (channel, info) => presence.enter(channel, info, silent),
    leave: (channel, client) => presence.leave(channel, { user: "", client }, silent),
    list: (channel) => presence.list(channel),
    stats: (channel) => presence.stats(channel),
  };
}

describeWithEngine("presence on a Redis cluster", "redis-server", () => {
  test("[PN1] joins and leaves are told once on every node, wherever the channel is; what is left is cleaned up", async () => {
    await using cluster = await TestRedisCluster.start();
    const channels = ["a", "b", "c"];
    await using one = await PresenceNode.start("one", cluster.options(), channels);
    await using other = await PresenceNode.start("other", cluster.options(), channels);
    for (const node of [one, other]) node.tick();
    for (const channel of channels) {
      one.presence.enter(channel, ann(channel), told);
      for (const node of [one, other]) expect(await node.told.next()).toBe(`+${channel}`);
      expect(await other.presence.stats(channel)).toEqual({ clients: 1, users: 1 });
      expect(await other.presence.list(channel)).toEqual(new Map([[channel, ann(channel)]]));
    }
    other.gone.add("one");
    other.presence.gone("one");
    const leaves = [await other.told.next(), await other.told.next(), await other.told.next()];
    expect(leaves.toSorted()).toEqual(["-a", "-b", "-c"]);
    // It is there all the same: its clients are entered again.
    one.tick();
    const joins = [await other.told.next(), await other.told.next(), await other.told.next()];
    expect(joins.toSorted()).toEqual(["+a", "+b", "+c"]);
  });
});

describeWithEngine("presence on Redis", "redis-server", () => {
  let redis: TestRedis;
  let prefixes = 0;
  let ends = 0;
  const nodes: PresenceNode[] = [];

  beforeAll(async () => {
    redis = await TestRedis.start();
  });
  afterAll(async () => {
    for (const node of nodes) await node[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  /** Nodes that share presence, and nothing with those of another test; each hears the channel `a`. */
  const start = async (...names: readonly string[]): Promise<PresenceNode[]> => {
    prefixes += 1;
    const options = redis.options(redis.port, { prefix: `test${prefixes}` });
    const started = await Promise.all(names.map((name) => PresenceNode.start(name, options, ["a"])));
    nodes.push(...started);
    return started;
  };
  const pair = async () => (await start("one", "other")) as [PresenceNode, PresenceNode];
  const namesOf = async ({ presence }: PresenceNode): Promise<string[]> => {
    const list = await presence.list("a");
    return list === null || list === "over" ? [String(list)] : [...list.keys()];
  };
  /** The next join or leave that a node hears, without those of `heard`. */
  const next = async (node: PresenceNode): Promise<string> => {
    const line = await node.told.next();
    return line.includes("end") ? next(node) : line;
  };
  /** What a node was told after all that these nodes have done. */
  const heard = async (node: PresenceNode, by: readonly PresenceNode[]): Promise<string[]> => {
    ends += 1;
    const end = `end${ends}`;
    for (const { name, presence } of by) {
      presence.enter("a", ann(`${end} ${name}`), hidden);
      presence.leave("a", ann(`${end} ${name}`), hidden);
    }
    const lines: string[] = [];
    for (let left = by.length; left > 0; ) {
      const line = await node.told.next();
      if (line.startsWith(`-${end}`)) left -= 1;
      else if (!line.includes("end")) lines.push(line);
    }
    return lines;
  };

  describe("as every presence", () => presenceContract(async () => asPresence((await start("one"))[0])));

  test("[PN1] joins and leaves are told once on every node; presence is of all nodes", async () => {
    const [one, other] = await pair();
    one.presence.enter("a", ann("1"), told);
    other.presence.enter("a", { user: "bob\n", client: "2", connInfo: '{"n": 1}' }, told);
    other.presence.enter("a", ann("3"), hidden);
    one.presence.enter("a", ann("4"), silent);
    // Calls of two nodes have no order between them.
    await until("all three have entered", async () => (await other.presence.stats("a"))?.clients === 3);
    expect(await other.presence.stats("a")).toEqual({ clients: 3, users: 2 });
    const list = await one.presence.list("a");
    expect(new Map([...(list as ReadonlyMap<string, ClientInfo>)].toSorted())).toEqual(
      new Map<string, ClientInfo>([
        ["1", ann("1")],
        ["2", { user: "bob\n", client: "2", connInfo: '{"n": 1}' }],
        ["4", ann("4")],
      ]),
    );
    for (const [node, client, visibility] of [
      [one, "1", told],
      [other, "2", told],
      [other, "3", hidden],
      [one, "4", silent],
      [one, "4", silent],
    ] as const) {
      node.presence.leave("a", ann(client), visibility);
    }
    const expected = ["+1", "+2", "+3", "-1", "-2", "-3"];
    for (const node of [one, other]) expect((await heard(node, [one, other])).toSorted()).toEqual(expected);
    expect(await namesOf(one)).toEqual([]);
    expect(await other.presence.stats("a")).toEqual({ clients: 0, users: 0 });
  });

  test("[PN1] one who is shown with other info is told to nobody", async () => {
    const [one, other] = await pair();
    const renewed = { user: "ann", client: "1", connInfo: '{"n":2}' };
    one.presence.enter("a", ann("1"), told);
    one.presence.renew("a", renewed, told);
    one.presence.renew("a", ann("2"), told);
    expect(await heard(other, [one])).toEqual(["+1"]);
    expect(await other.presence.list("a")).toEqual(new Map([["1", renewed]]));
    one.presence.leave("a", renewed, told);
    expect(await heard(other, [one])).toEqual(["-1"]);
  });

  test("[PN2] what a node leaves behind is removed, and told once, by however many others", async () => {
    const [one, two, three] = (await start("one", "two", "three")) as [PresenceNode, PresenceNode, PresenceNode];
    for (const node of [one, two, three]) node.tick();
    for (let n = 0; n < 300; n++) one.presence.enter("a", ann(`1.${n}`), told);
    one.presence.enter("a", ann("hidden"), hidden);
    two.presence.enter("a", ann("2"), told);
    expect((await heard(three, [one, two])).length).toBe(302);
    expect(await three.presence.stats("a")).toEqual({ clients: 301, users: 1 });
    await one[Symbol.asyncDispose]();
    for (const node of [two, three]) {
      node.gone.add("one");
      node.presence.gone("one");
      node.tick();
    }
    const leaves: string[] = [];
    while (leaves.length < 301) leaves.push(await next(three));
    expect(new Set(leaves).size).toBe(301);
    expect(await namesOf(three)).toEqual(["2"]);
    expect(await heard(three, [two, three])).toEqual([]);
    await until("nothing is left", () => redis.command("KEYS", `test${prefixes}:*one*`) === "");
  });

  test("[PN3] a user who comes back within the grace at another node was never away", async () => {
    const [one, other] = await pair();
    one.presence.enter("a", ann("1"), patient);
    one.presence.leave("a", ann("1"), patient);
    expect(await namesOf(other)).toEqual([]);
    other.presence.enter("a", ann("2"), patient);
    other.presence.enter("a", ann("3"), patient);
    one.time.advance(5_000);
    expect((await heard(other, [one, other])).toSorted()).toEqual(["+1", "+3"]);
    await until("no leave waits", () => one.presence.waiting === 0);

    other.presence.leave("a", ann("2"), patient);
    other.time.advance(4_999);
    expect((await heard(one, [one, other])).toSorted()).toEqual(["+1", "+3"]);
    other.time.advance(1);
    expect(await next(one)).toBe("-2");
  });

  test("[PN3] a leave that waits is told by another node where its own has gone", async () => {
    const [one, other] = await pair();
    const brief = { ...patient, leaveGrace: 1 };
    for (const node of [one, other]) node.tick();
    one.presence.enter("a", ann("1"), brief);
    one.presence.leave("a", ann("1"), brief);
    expect(await heard(other, [one])).toEqual(["+1"]);
    await one.presence.close();
    other.gone.add("one");
    // The grace is over by Redis' clock, which passes by itself.
    await until("the leave is told", () => {
      other.tick();
      return other.told.waiting === 1;
    });
    expect(await next(other)).toBe("-1");
  });

  test("[PN4] a node that was taken for gone enters its clients again, and their joins are told", async () => {
    const [one, other] = await pair();
    for (const node of [one, other]) node.tick();
    // Its first confirmation is answered.
    await one.presence.stats("a");
    one.presence.enter("a", ann("1"), told);
    expect(await next(other)).toBe("+1");
    other.gone.add("one");
    other.presence.gone("one");
    expect(await next(other)).toBe("-1");
    other.gone.clear();
    one.tick();
    expect(await next(other)).toBe("+1");
    expect(await namesOf(other)).toEqual(["1"]);
  });

  test("[PN4] a Redis that has lost its data is given the entries again, without joins", async () => {
    const [one, other] = await pair();
    for (const node of [one, other]) node.tick();
    one.presence.enter("a", ann("1"), told);
    one.presence.enter("a", ann("2"), told);
    expect(await heard(other, [one])).toEqual(["+1", "+2"]);
    redis.command("FLUSHDB");
    expect(await namesOf(other)).toEqual([]);
    one.tick();
    await until("both are there again", async () => (await namesOf(other)).length === 2);
    expect(await namesOf(other)).toEqual(["1", "2"]);
    expect(await heard(other, [one])).toEqual([]);
  });

  test("[PN4] what one of several servers has lost is entered again when it is back", async () => {
    const [one, other] = await pair();
    one.tick();
    one.presence.enter("a", ann("1"), silent);
    await until("it is entered", async () => (await namesOf(other)).length === 1);
    redis.command("DEL", `test${prefixes}:{a}:u`, `test${prefixes}:{a}:n`);
    one.presence.resumed((channel) => channel === "a");
    one.tick();
    await until("it is there again", async () => (await namesOf(other)).length === 1);
  });

  test("[PN5] what was not answered is repeated: entries that are missing are entered, those too many are removed", async () => {
    const [one, other] = await pair();
    one.tick();
    one.presence.enter("a", ann("1"), told);
    expect(await heard(other, [one])).toEqual(["+1"]);
    redis.command("ACL", "SETUSER", "default", "-evalsha");
    one.presence.enter("a", ann("2"), told);
    one.presence.leave("a", ann("1"), told);
    expect(await one.presence.list("a")).toBeNull();
    expect(await one.presence.stats("a")).toBeNull();
    redis.command("ACL", "SETUSER", "default", "+@all");
    // What the first confirmation had begun may still run: then the next one repeats it.
    const ticks = setInterval(() => one.tick(), 20);
    expect([await next(other), await next(other)].toSorted()).toEqual(["+2", "-1"]);
    clearInterval(ticks);
    expect(await namesOf(other)).toEqual(["2"]);
  });

  test("an entry of an unknown version is counted and left out", async () => {
    const [one] = (await start("one")) as [PresenceNode];
    one.presence.enter("a", ann("1"), silent);
    await one.presence.stats("a");
    redis.command("HSET", `test${prefixes}:{a}:u`, "2", '2one\n1\n0\n"eve"\n{"user":"eve","client":"2"}');
    expect(await namesOf(one)).toEqual(["1"]);
    expect(one.presence.unreadable).toBe(1);
  });

  test("[PN6] a presence that is certainly over the limit is not read", async () => {
    const [one, other] = await pair();
    for (let n = 0; n < 10; n++) one.presence.enter("a", ann(String(n)), silent);
    expect(await other.presence.list("a", 500)).toBe("over");
    expect(await other.presence.list("a", 10_000)).toBeInstanceOf(Map);
  });
});
