import { expect, setDefaultTimeout, test } from "bun:test";
import { CentrifugeProbe, pub } from "../support/centrifuge-probe.ts";
import { patience, testTimeout } from "../support/patience.ts";
import { describeSlow } from "../support/slow.ts";
import { connectionToken, secret } from "../support/tokens.ts";
import { configOf, ProcessNode } from "./node.ts";

setDefaultTimeout(testTimeout);

const seen = {
  presence: true,
  join_leave: true,
  force_push_join_leave: true,
  allow_presence_for_subscriber: true,
};

const token = { hmac_secret_key: secret };

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`It does not come to this: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Subscribes one after the other: workers have no order between them, so each is waited for. */
async function enterAll(node: ProcessNode, clients: readonly CentrifugeProbe[]): Promise<void> {
  for (const [index, client] of clients.entries()) {
    await client.subscribe("a");
    await until("the client is present", async () => {
      return (await node.api("presence_stats", { channel: "a" }))["num_clients"] === index + 1;
    });
  }
}

/**
 * A client hears its own join and those of all that come after it, each once and in one order. What another worker has
 * told before may be on its way to the worker of a client while that subscribes: joins right before its own may come too.
 */
async function hearJoins(client: CentrifugeProbe, all: readonly CentrifugeProbe[], index: number): Promise<void> {
  const heard: string[] = [];
  while (heard.at(-1) !== all.at(-1)?.client) {
    const { push } = (await client.next()) as { push: { join: { info: { client: string } } } };
    heard.push(push.join.info.client);
  }
  const own = all.map((each) => each.client);
  expect(heard).toEqual(own.slice(-heard.length));
  expect(heard.length).toBeGreaterThanOrEqual(all.length - index);
}

describeSlow("what the workers of a node share", () => {
  test("[MP10] presence, messages and user operations are those of the node, at whichever worker", async () => {
    await using node = await ProcessNode.start({}, seen);
    const clients = await node.connectMany({ token: await connectionToken("ann") });
    await enterAll(node, clients);
    const ids = clients.map(({ client }) => client).toSorted();
    for (let n = 0; n < 4; n++) {
      const { presence } = await node.api("presence", { channel: "a" });
      expect(Object.keys(presence as object).toSorted()).toEqual(ids);
      expect(await node.api("presence_stats", { channel: "a" })).toEqual({ num_clients: 12, num_users: 1 });
    }
    for (let n = 0; n < 4; n++) {
      const { nodes } = await node.api("info");
      const counts = { num_clients: 12, num_users: 1, num_channels: 1, num_subs: 12 };
      expect(nodes).toMatchObject([counts]);
      expect(await node.api("channels")).toEqual({ channels: { a: { num_clients: 12 } } });
    }
    for (const [index, client] of clients.entries()) await hearJoins(client, clients, index);
    const [first, ...others] = clients;
    await node.api("disconnect", { user: "ann", client: first?.client ?? "" });
    expect(await first?.closed()).toMatchObject({ code: 3_503 });
    for (const client of others)
      expect(await client.next()).toMatchObject({ push: { leave: { info: { client: first?.client ?? "" } } } });
    expect(await node.api("send", { user: "ann", data: 3 })).toMatchObject({
      connections: others.length,
      queued: false,
    });
    for (const client of others) expect(await client.next()).toMatchObject({ push: { message: { data: 3 } } });
    for (const client of others) client[Symbol.dispose]();
  });

  test("[MP10] a message that waits is given at any worker, and the publish log tells of it at all", async () => {
    await using node = await ProcessNode.start();
    for (const data of [1, 2]) await node.api("send", { user: "bob", data, queue_ttl_s: 60 });
    using bob = await node.connect({ token: await connectionToken("bob") });
    expect(await bob.take(2)).toMatchObject([{ push: { message: { data: 1 } } }, { push: { message: { data: 2 } } }]);
    const { entries } = await node.api("push_log", { user: "bob" });
    expect((entries as unknown[]).length).toBeGreaterThanOrEqual(2);
  });
});

describeSlow("the limit of connections of a user", () => {
  test("[MP13] holds for all workers together", async () => {
    await using node = await ProcessNode.start({ client: { insecure: true, user_connection_limit: 3, token } });
    const request = { token: await connectionToken("ann") };
    const clients = [];
    for (let n = 0; n < 3; n++) clients.push(await node.connect(request));
    for (let n = 0; n < 4; n++) {
      using one = await CentrifugeProbe.open(node.url.replace("http", "ws"));
      one.send(one.command("connect", request));
      // Where two workers let in the last one at the same time, it is greeted first.
      let heard = await one.next();
      if (!("closed" in heard)) heard = await one.next();
      expect(heard).toMatchObject({ closed: { code: 3_504 } });
    }
    clients[0]?.[Symbol.dispose]();
    await until("another one is let in", async () => {
      using one = await CentrifugeProbe.open(node.url.replace("http", "ws"));
      one.send(one.command("connect", request));
      return !("closed" in (await one.next()));
    });
  });
});

describeSlow("a worker that dies", () => {
  test("[MP11] its presence is cleaned, and leaves are told to the clients of the others", async () => {
    await using node = await ProcessNode.start({}, seen);
    const clients = await node.connectMany();
    await enterAll(node, clients);
    for (const [index, client] of clients.entries()) await hearJoins(client, clients, index);
    process.kill(node.workers.get(1) ?? 0, "SIGKILL");
    await node.nextWorker();
    const heard = await Promise.all(clients.map((client) => client.next()));
    const left = clients.filter((_, index) => "closed" in (heard[index] ?? {})).map(({ client }) => client);
    await until("the presence is that of the others", async () => {
      const stats = await node.api("presence_stats", { channel: "a" });
      return stats["num_clients"] === clients.length - left.length;
    });
    for (const [index, client] of clients.entries()) {
      if (left.includes(client.client)) continue;
      const leaves = [heard[index], ...(await client.take(left.length - 1))];
      const told = leaves.map(
        (each) => (each as { push: { leave: { info: { client: string } } } }).push.leave.info.client,
      );
      expect(told.toSorted()).toEqual(left.toSorted());
    }
  });

  test("[MP12] a history in SQLite is the same with one process and with several", async () => {
    await using node = await ProcessNode.start();
    await node.api("publish", { channel: "a", data: 1, idempotency_key: "k" });
    const { epoch } = await node.api("history", { channel: "a", limit: 10 });
    for (const processes of [1, 3, 2]) {
      await node.restart(configOf({ node: { processes } }));
      const found = await node.api("history", { channel: "a", limit: 10 });
      expect(found).toMatchObject({ epoch, offset: 1, publications: [{ data: 1, offset: 1 }] });
      expect(await node.api("publish", { channel: "a", data: 2, idempotency_key: "k" })).toMatchObject({
        offset: 1,
        epoch: String(epoch),
      });
    }
    using client = await node.connect();
    await client.subscribe("a");
    await node.api("publish", { channel: "a", data: 3 });
    expect(await client.next()).toMatchObject(pub("a", { data: 3, offset: 2 }));
  });
});
