import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { ServerConfig } from "chorus";
import { accept, chorus } from "chorus";
import { channel, contract } from "chorus/contract";
import * as v from "valibot";
import { type RunningTestApp, startApp } from "../application/support.ts";
import { until } from "../broker/remote/fault-runs.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { describeWithEngine } from "../support/engines.ts";
import { testTimeout } from "../support/patience.ts";
import { TestRedis } from "../support/redis.ts";

setDefaultTimeout(testTimeout);

const rooms = contract({
  connect: v.object({ name: v.string() }),
  channels: { room: channel("room:{id}", { data: v.number() }) },
  messages: { note: v.string() },
});
const app = chorus(rooms)
  .authenticate(({ data }) => accept({ user: data.name, session: null }))
  .handle({ channels: { room: { presence: true, joinLeave: true, subscribe: "everyone" } } });
type Node = RunningTestApp<(typeof rooms)["schemas"], unknown>;

describeWithEngine("an application on two nodes", "redis-server", () => {
  let redis: TestRedis;
  let one: Node;
  let other: Node;
  beforeAll(async () => {
    redis = await TestRedis.start();
    const config = redis.engine() as ServerConfig;
    [one, other] = await Promise.all([startApp(app, config), startApp(app, config)]);
    await until("both hear Redis", async () => {
      const ready = await Promise.all([one, other].map(({ server }) => fetch(`${server.url}/readyz`)));
      return ready.every(({ ok }) => ok);
    });
  });
  afterAll(async () => {
    for (const each of [one, other, redis]) await each?.[Symbol.asyncDispose]();
  });

  test("[ND8] send, disconnect, add, presence and loops are of all nodes; connections() are of this one", async () => {
    using ann = await CentrifugeProbe.connect(other.ws, { data: { name: "ann" } });
    using bob = await CentrifugeProbe.connect(one.ws, { data: { name: "bob" } });
    await bob.subscribe("room:1", { join_leave: true });
    expect(await bob.next()).toMatchObject({ push: { join: { info: { user: "bob" } } } });
    const room = one.server.channel("room", { id: "1" });

    await room.add("ann");
    expect(await ann.next()).toMatchObject({ push: { channel: "room:1", subscribe: {} } });
    expect(await bob.next()).toMatchObject({ push: { join: { info: { user: "ann" } } } });
    expect(new Set([...(await room.presence()).values()].map(({ user }) => user))).toEqual(new Set(["ann", "bob"]));

    const loop = room.subscribe()[Symbol.asyncIterator]();
    const heard = loop.next();
    await bob.fence();
    await other.server.channel("room", { id: "1" }).publish(7);
    expect((await heard).value).toMatchObject({ data: 7 });
    await loop.return?.();

    expect(await one.server.send("ann", "note", "hello")).toEqual({ connections: 1, queued: false });
    const pushes = await ann.take(3);
    expect(JSON.stringify(pushes)).toContain("hello");
    const ids = (node: Node) => [...node.server.connections()].map(({ id }) => id);
    expect([ids(one), ids(other)]).toEqual([[bob.client], [ann.client]]);
    expect(await one.server.disconnect({ connection: ann.client })).toEqual({ connections: 0 });
    expect(await ann.closed()).toMatchObject({ code: 3_503 });
  });
});
