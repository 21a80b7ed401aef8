import { expect, setDefaultTimeout, test } from "bun:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { pub } from "../support/centrifuge-probe.ts";
import { describeWithEngine } from "../support/engines.ts";
import type { JsonObject } from "../support/json.ts";
import { TestNats } from "../support/nats.ts";
import { testTimeout } from "../support/patience.ts";
import { ChorusProcess } from "../support/process.ts";
import { connectionToken } from "../support/tokens.ts";
import { ClusterNode } from "./node.ts";
import { expectOneServer } from "./one-server.ts";

setDefaultTimeout(testTimeout);

/** A node on this server; without `jetstream` its channels have no history. */
function startNode(nats: TestNats, hasJetStream = true, channel: JsonObject = {}): Promise<ClusterNode> {
  const bare = { history_size: 0, history_ttl: "0s", force_recovery: false };
  const rules = { ...(hasJetStream ? {} : bare), ...channel };
  return ClusterNode.startOn(brokerOf(nats, hasJetStream), { without_namespace: rules });
}

function brokerOf({ port }: TestNats, enabled: boolean): JsonObject {
  const nats = { url: `nats://127.0.0.1:${port}`, io_timeout: "1s", jetstream: { enabled } };
  return { broker: { enabled: true, type: "nats", nats } };
}

describeWithEngine("nodes on NATS", "nats-server", () => {
  test("[NA2] a client of one node hears, recovers and reads what is published at another", async () => {
    await using nats = await TestNats.start();
    await using one = await startNode(nats);
    await using other = await startNode(nats);
    await expectOneServer(one, other);
  });

  test("[NA3] without JetStream a client hears what is published at another node, and channels have no history", async () => {
    await using nats = await TestNats.start();
    await using one = await startNode(nats, false);
    await using other = await startNode(nats, false);
    using client = await other.connect();
    await client.subscribe("a");
    expect(await one.api("publish", { channel: "a", data: 1 })).toEqual({});
    expect(await client.next()).toEqual(pub("a", { data: 1 }));
    expect(await one.api("history", { channel: "a" })).toMatchObject({ error: { code: 108 } });
  });

  test("[NA4] a NATS that hangs is told by /readyz, and publishes are answered within a second", async () => {
    await using nats = await TestNats.start();
    await using node = await startNode(nats);
    using client = await node.connect();
    await client.subscribe("a");
    nats.kill("SIGSTOP");
    expect(await node.api("publish", { channel: "a", data: 1 })).toMatchObject({ error: { code: 100 } });
    await node.until(503);
    nats.kill("SIGCONT");
    await node.until(200);
    expect(await node.api("publish", { channel: "a", data: 2 })).not.toHaveProperty("error");
  });

  test("[NA5] after a restart, which may have lost something, a positioned client is told within seconds", async () => {
    await using nats = await TestNats.start();
    await using node = await startNode(nats);
    using client = await node.connect();
    await client.subscribe("a");
    for (const data of [1, 2]) await node.api("publish", { channel: "a", data });
    expect(await client.take(2)).toMatchObject([pub("a", { data: 1, offset: 1 }), pub("a", { data: 2, offset: 2 })]);
    await nats.restart("its own");
    expect(await client.next()).toMatchObject({ push: { channel: "a", unsubscribe: { code: 2500 } } });
  });

  test("[NA9] a stream that is deleted is created anew, and a positioned client is told", async () => {
    await using nats = await TestNats.start();
    await using node = await startNode(nats);
    using client = await node.connect();
    await client.subscribe("a");
    await node.api("publish", { channel: "a", data: 1 });
    expect(await client.next()).toMatchObject(pub("a", { data: 1, offset: 1 }));
    const connection = await connect({ servers: `127.0.0.1:${nats.port}` });
    await (await jetstreamManager(connection)).streams.delete("chorus");
    await connection.close();
    expect(await client.next()).toMatchObject({ push: { channel: "a", unsubscribe: { code: 2500 } } });
    expect(await node.api("publish", { channel: "a", data: 2 })).toMatchObject({ offset: 1 });
  });

  test("[NA9] a publication longer than NATS takes is error 106, with and without history", async () => {
    await using nats = await TestNats.start();
    for (const hasJetStream of [true, false]) {
      await using node = await startNode(nats, hasJetStream);
      const publish = (length: number) => node.api("publish", { channel: "a", data: "x".repeat(length) });
      expect(await publish(1_048_500)).toMatchObject({ error: { code: 106 } });
      expect(await publish(1_047_000)).not.toHaveProperty("error");
    }
  });

  test("[NA10] a message goes to all nodes at once; one that would have to wait is error 108", async () => {
    await using nats = await TestNats.startCore();
    await using one = await startNode(nats, false);
    await using other = await startNode(nats, false);
    using client = await other.connect({ token: await connectionToken("ann") });
    for (const more of [
      { until: "delivered" },
      { until: "acknowledged", ttl: "1h" },
      { ttl: "1h" },
      { queue_ttl_s: 9 },
    ]) {
      expect(await one.api("send", { user: "ann", data: 1, ...more })).toMatchObject({ error: { code: 108 } });
    }
    const once = { user: "ann", data: 2, queue_ttl_s: 0 };
    let sent = await one.api("send", once);
    // The nodes may not know of each other yet.
    while (sent["connections"] === 0) sent = await one.api("send", once);
    expect(await client.next()).toEqual({ push: { message: { data: 2 } } });
  });

  test("[NA7] presence, joins and leaves are of all nodes that are there", async () => {
    await using nats = await TestNats.startCore();
    const channel = { presence: true, join_leave: true, allow_presence_for_subscriber: true };
    await using one = await startNode(nats, false, channel);
    await using other = await startNode(nats, false, channel);
    using witness = await other.connect({ token: await connectionToken("bob") });
    await witness.subscribe("a", { join_leave: true });
    expect(await witness.next()).toMatchObject({ push: { channel: "a", join: { info: { user: "bob" } } } });
    using client = await one.connect({ token: await connectionToken("ann") });
    const gone = await one.connect({ token: await connectionToken("ann") });
    for (const each of [client, gone]) {
      await each.subscribe("a");
      expect(await witness.next()).toMatchObject({ push: { join: { info: { user: "ann", client: each.client } } } });
    }
    expect(await one.api("presence_stats", { channel: "a" })).toEqual({ num_clients: 3, num_users: 2 });
    await gone.close();
    expect(await witness.next()).toMatchObject({ push: { leave: { info: { user: "ann", client: gone.client } } } });
    expect(await witness.ask("presence", { channel: "a" })).toMatchObject({
      presence: { presence: { [witness.client]: { user: "bob" }, [client.client]: { user: "ann" } } },
    });

    // A node that does not answer is left out, within a second.
    one.process.signal("SIGSTOP");
    expect(await other.api("presence_stats", { channel: "a" })).toEqual({ num_clients: 1, num_users: 1 });
    one.process.signal("SIGCONT");
  });

  test("[NA6] a configuration that NATS cannot serve is refused at the start", async () => {
    await using nats = await TestNats.start();
    const refusal = async (broker: JsonObject, rules: JsonObject) => {
      const config = { http_server: { port: 0 }, ...broker, channel: { without_namespace: rules } };
      const { code, stderr } = await ChorusProcess.run({ config, args: ["--check-config"] });
      return [code, stderr];
    };
    const history = { history_size: 10, history_ttl: "60s" };
    expect(await refusal(brokerOf(nats, false), history)).toEqual([
      78,
      [
        "channel.without_namespace.history_size: expected 0 without broker.nats.jetstream.enabled: NATS alone keeps nothing",
      ],
    ]);
    for (const url of ["nats://ann:sesame@127.0.0.1:99999", "nats://ann:sesame@", "nats://a:sesame%zz@b", "http://b"]) {
      expect(await refusal({ broker: { enabled: true, type: "nats", nats: { url } } }, {})).toEqual([
        78,
        ["broker.nats.url: expected URLs as nats://USER:PASSWORD@HOST:PORT, with a comma between them"],
      ]);
    }
    for (const url of ["nats://ann:sesame@a,nats://bob:sesame@b", "nats://ann:sesame@a,b,nats://token@c"]) {
      expect(await refusal({ broker: { enabled: true, type: "nats", nats: { url } } }, {})).toEqual([
        78,
        [
          "broker.nats.url: expected one user with one password, or one token, in all URLs: each server is given the same",
        ],
      ]);
    }
    expect(await refusal({ broker: { enabled: true, type: "redis" } }, {})).toEqual([
      78,
      ['broker.type: expected "nats", got "redis": that is a value of engine.type'],
    ]);
  });
});
