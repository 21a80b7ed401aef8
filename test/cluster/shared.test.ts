import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Tree } from "../../src/config/tree.ts";
import { until } from "../broker/remote/fault-runs.ts";
import { Operator } from "../console/operator.ts";
import { pub } from "../support/centrifuge-probe.ts";
import { describeWithEngine } from "../support/engines.ts";
import type { JsonObject } from "../support/json.ts";
import { testTimeout } from "../support/patience.ts";
import { SeededRandom } from "../support/random.ts";
import { TestRedis } from "../support/redis.ts";
import { connectionToken } from "../support/tokens.ts";
import { CommandStream } from "./command-stream.ts";
import { ClusterNode } from "./node.ts";

setDefaultTimeout(testTimeout);

const consoleKey = "the-key-of-the-console";

/** Where clients are seen, and told of each other. */
const seen = {
  name: "seen",
  presence: true,
  join_leave: true,
  allow_presence_for_subscriber: true,
  allow_user_limited_channels: true,
};

describeWithEngine("what nodes on Redis share", "redis-server", () => {
  let redis: TestRedis;
  let one: ClusterNode;
  let other: ClusterNode;
  const start = (more: Tree = {}) => ClusterNode.startOn(redis.engine(), { namespaces: [seen] }, more);

  beforeAll(async () => {
    redis = await TestRedis.start();
    [one, other] = await Promise.all([start(), start()]);
  });
  afterAll(async () => {
    for (const each of [one, other, redis]) await each?.[Symbol.asyncDispose]();
  });

  /** What all nodes have answered: on a machine that is busy one may be late. */
  const answered = async (node: ClusterNode, method: string, params: JsonObject = {}): Promise<JsonObject> => {
    const result = await node.api(method, params);
    return result["missing"] === undefined ? result : answered(node, method, params);
  };
  const connect = async (node: ClusterNode, user: string) => node.connect({ token: await connectionToken(user) });

  test("[RD6] subscribe, unsubscribe, refresh and disconnect of a user reach its connections on every node", async () => {
    using here = await one.connect({ token: await connectionToken("ann") });
    using there = await other.connect({ token: await connectionToken("ann") });
    using bob = await other.connect({ token: await connectionToken("bob") });
    const clients = [here, there];

    await one.api("subscribe", { user: "ann", channel: "told", info: { n: 1 } });
    for (const client of clients)
      expect(await client.next()).toMatchObject({ push: { channel: "told", subscribe: {} } });
    await other.api("publish", { channel: "told", data: 1 });
    for (const client of clients) expect(await client.next()).toMatchObject(pub("told", { data: 1, offset: 1 }));
    await one.api("unsubscribe", { user: "ann", channel: "told" });
    for (const client of clients) expect(await client.next()).toMatchObject({ push: { unsubscribe: { code: 2000 } } });
    await one.api("refresh", { user: "ann", expire_at: Math.floor(Date.now() / 1_000) + 3_600 });
    for (const client of clients) expect(await client.next()).toMatchObject({ push: { refresh: { expires: true } } });
    await one.api("disconnect", { user: "ann", whitelist: [there.client] });
    expect(await here.closed()).toMatchObject({ code: 3_503 });
    await one.api("disconnect", { user: "ann", client: there.client });
    expect(await there.closed()).toMatchObject({ code: 3_503 });
    expect(await bob.rest()).toEqual([]);
  });

  test("[PN1] presence, joins and leaves are of all nodes", async () => {
    const channel = "seen:a";
    using witness = await connect(other, "bob");
    await witness.subscribe(channel, { join_leave: true });
    expect(await witness.next()).toMatchObject({ push: { channel, join: { info: { user: "bob" } } } });
    using client = await connect(one, "ann");
    await client.subscribe(channel);
    expect(await witness.next()).toMatchObject({ push: { join: { info: { user: "ann", client: client.client } } } });
    expect(await witness.ask("presence", { channel })).toMatchObject({
      presence: { presence: { [witness.client]: { user: "bob" }, [client.client]: { user: "ann" } } },
    });
    expect(await one.api("presence_stats", { channel })).toEqual({ num_clients: 2, num_users: 2 });
    await client.close();
    expect(await witness.next()).toMatchObject({ push: { leave: { info: { user: "ann" } } } });
    expect(await witness.rest()).toEqual([]);
  });

  test.each(["SIGKILL", "SIGTERM"] as const)(
    "[PN2] after %s the clients of a node have left, and it is missing in no answer any more",
    async (signal) => {
      const channel = `seen:${signal}`;
      await using third = await start();
      using witness = await connect(one, "bob");
      await witness.subscribe(channel, { join_leave: true });
      await witness.next();
      using client = await connect(third, "ann");
      await client.subscribe(channel);
      expect(await witness.next()).toMatchObject({ push: { join: { info: { user: "ann" } } } });
      third.process.signal(signal);
      // By the nodes' clocks: a node that does not say that it leaves has to be silent for six seconds.
      expect(await witness.next()).toMatchObject({ push: { channel, leave: { info: { user: "ann" } } } });
      expect(await one.api("presence_stats", { channel })).toEqual({ num_clients: 1, num_users: 1 });
      await third.process.ended();
      await until("it is forgotten", async () => (await other.api("info", {}))["missing"] === undefined);
      expect(await witness.rest()).toEqual([]);
    },
  );

  test("a user who may have one connection has one on all nodes", async () => {
    const personal = { enabled: true, personal_channel_namespace: "seen", single_connection: true };
    await using third = await start({ client: { subscribe_to_user_personal_channel: personal } });
    using first = await connect(one, "eve");
    using second = await connect(third, "eve");
    expect(await first.closed()).toMatchObject({ code: 3_504 });
    await second.fence();
    third.process.signal("SIGTERM");
    await third.process.ended();
  });

  test("[ND4] any node tells of all, and names the one that does not answer", async () => {
    await using third = await start();
    using here = await one.connect();
    using there = await third.connect();
    await here.subscribe("shared");
    await there.subscribe("shared");
    await there.subscribe("alone");
    const found = { channels: { shared: { num_clients: 2 }, alone: { num_clients: 1 } } };
    expect(await answered(other, "channels", { pattern: "{shared,alone}" })).toEqual(found);
    const info = (await answered(third, "info")) as { nodes: { uid: string; num_subs: number }[] };
    expect(info.nodes).toHaveLength(3);
    expect(info.nodes[0]).toMatchObject({ num_clients: 1, num_subs: 2 });
    await third.api("publish", { channel: "alone", data: 1 });
    expect(await answered(one, "push_log", { channel: "alone" })).toMatchObject({
      entries: [{ channel: "alone", node: expect.any(String) }],
    });
    third.process.signal("SIGSTOP");
    const missing = [{ uid: String(info.nodes[0]?.uid) }];
    expect(await one.api("info", {})).toMatchObject({ nodes: [{}, {}], missing });
    expect(await other.api("channels", { pattern: "shared" })).toMatchObject({
      channels: { shared: { num_clients: 1 } },
      missing,
    });
    expect(await one.api("push_log", { channel: "alone" })).toMatchObject({ entries: [], missing });
  });

  test("[ND4] the console shows all nodes, its own first", async () => {
    await using third = await start({ console: { enabled: true, key: consoleKey } });
    using operator = await Operator.connect(third.url, consoleKey);
    const { nodes } = await operator.follow("overview").next((sample) => sample.nodes.length > 2);
    expect(nodes[0]).toMatchObject({ connections: 0, users: 0, channels: 0, version: expect.any(String) });
    third.process.signal("SIGTERM");
    await third.process.ended();
  });

  test("[ND6] commands of a stream reach it through any node", async () => {
    const random = new SeededRandom();
    await using third = await start();
    const send = (node: ClusterNode, body: object) =>
      fetch(`${node.url}/emulation`, { method: "POST", body: JSON.stringify(body) });
    await using stream = await CommandStream.open(third.url);
    const { session, node } = await stream.connected();
    for (let id = 2; id < 20; id++) {
      const data = JSON.stringify({ id, subscribe: { channel: `c${id}` } });
      expect((await send(random.pick([one, other, third]), { session, node, data })).status).toBe(204);
      expect(await stream.next()).toMatchObject({ id, subscribe: {} });
    }
    expect((await send(one, { session, node: "unknown", data: "{}" })).status).toBe(404);
    expect((await send(one, { session: "unknown", node, data: "{}" })).status).toBe(204);
    third.process.signal("SIGSTOP");
    expect((await send(one, { session, node, data: "{}" })).status).toBe(404);
  });

  test("[ND7] a message reaches its user at whichever node, or waits for the next connection to any", async () => {
    const request = { token: await connectionToken("mia") };
    using here = await one.connect(request);
    using there = await other.connect(request);
    expect(await one.api("send", { user: "mia", data: { n: 1 } })).toEqual({ connections: 2, queued: false });
    for (const client of [here, there]) expect(await client.next()).toEqual({ push: { message: { data: { n: 1 } } } });
    const once = { user: "mia", client: there.client, data: 2, idempotency_key: "k" };
    for (const node of [one, other]) {
      expect(await node.api("send", once)).toEqual({ connections: 1, queued: false });
    }
    expect(await there.next()).toEqual({ push: { message: { data: 2 } } });
    for (const client of [here, there]) {
      expect(await client.rest()).toEqual([]);
      await client.close();
    }
    await until("both have gone", async () => {
      const { nodes } = (await answered(one, "info")) as { nodes: { num_clients: number }[] };
      return nodes.every(({ num_clients }) => num_clients === 0);
    });
    const waiting = { user: "mia", data: 3, queue_ttl_s: 60 };
    expect(await one.api("send", waiting)).toEqual({ connections: 0, queued: true });
    using back = await other.connect(request);
    expect(await back.next()).toEqual({ push: { message: { data: 3 } } });
    expect(await back.rest()).toEqual([]);
  });
});
