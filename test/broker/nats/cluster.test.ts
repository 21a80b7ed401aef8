import { expect, setDefaultTimeout, test } from "bun:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { checkNats } from "../../../src/broker/nats/check.ts";
import { NatsEngine } from "../../../src/broker/nats/engine.ts";
import type { NatsOptions } from "../../../src/broker/nats/options.ts";
import { describeWithEngine } from "../../support/engines.ts";
import { type TestNats, TestNatsCluster } from "../../support/nats.ts";
import { testTimeout } from "../../support/patience.ts";
import { judge, publish, publishFor, until } from "../remote/fault-runs.ts";
import { EngineNode, RunHistory } from "../remote/node.ts";

setDefaultTimeout(testTimeout);

const channels = ["a", "b", "c"];

/** Two nodes on servers that have agreed on a leader. */
async function joined(options: NatsOptions, history: RunHistory) {
  await until("JetStream answers", async () => {
    const fault = await checkNats(options);
    // A node that starts before the servers have agreed waits for them.
    if (fault !== null) expect(fault).toMatchObject({ kind: "unreachable" });
    return fault === null;
  });
  const create = () =>
    new EngineNode((told, ports) => new NatsEngine(options, told, ports), {
      answerMs: options.ioTimeout,
      history,
      channels,
    });
  const nodes = [create(), create()] as const;
  await until("both nodes hear all", () => nodes.every((node) => channels.every((each) => node.isInside(each))));
  return nodes;
}

/** The server that leads the others in the stream. */
async function leaderOf(cluster: TestNatsCluster): Promise<TestNats | undefined> {
  const connection = await connect({ servers: [...cluster.options().servers] });
  const { cluster: stream } = await (await jetstreamManager(connection)).streams.info("chorus");
  await connection.close();
  return cluster.servers.find(({ name }) => name === stream?.leader);
}

describeWithEngine("two nodes on a cluster of three NATS servers", "nats-server", () => {
  test("[NA11] the leader is killed: nothing acknowledged is lost, and with two servers all goes on", async () => {
    await using cluster = await TestNatsCluster.start();
    const history = new RunHistory();
    const nodes = await joined(cluster.options(), history);
    await publish(nodes, 0, 30);
    const leader = await leaderOf(cluster);
    const publishing = publishFor(nodes, 30, 3_000);
    leader?.kill();
    await publishing;
    await until("the two others answer", async () => (await checkNats(cluster.options())) === null);
    await judge(nodes, history);
    expect(leader).toBeDefined();
  });

  test("[NA11] two servers are killed: nothing is acknowledged, nodes are not ready, and one that comes back is enough", async () => {
    await using cluster = await TestNatsCluster.start();
    const [one, other, last] = cluster.servers;
    const options = cluster.options({ servers: [`127.0.0.1:${last?.port}`] });
    const history = new RunHistory();
    const nodes = await joined(options, history);
    await publish(nodes, 0, 30);
    for (const server of [one, other]) server?.kill();
    const { length } = history.acked;
    for (let n = 30; n < 36; n++) expect(await nodes[n % 2]?.publish("a", n)).toBe(false);
    expect(history.acked).toHaveLength(length);
    await until("no node is ready", () => nodes.every(({ engine }) => !engine.state.isUp));
    await one?.restart("its own");
    await until("both nodes are ready", () => nodes.every(({ engine }) => engine.state.isUp));
    await judge(nodes, history);
  });
});
