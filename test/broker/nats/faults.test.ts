import { expect, test } from "bun:test";
import { NatsEngine } from "../../../src/broker/nats/engine.ts";
import type { Appended, StreamRead } from "../../../src/broker/remote/engine.ts";
import { errors } from "../../../src/core/errors.ts";
import { describeWithEngine } from "../../support/engines.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { Link } from "../../support/link.ts";
import { TestNats } from "../../support/nats.ts";
import { patience } from "../../support/patience.ts";
import { enginePorts } from "../remote/engine-ports.ts";
import { judge, publish, publishFor, until } from "../remote/fault-runs.ts";
import { EngineNode, options, RunHistory } from "../remote/node.ts";

const channels = ["a", "b", "c"];

/** Two nodes, each behind its own network, on one server. */
interface Run {
  readonly nats: TestNats;
  readonly link: Link;
}

/** What fails, and how it is put right; the last fault of a run is followed by silence. */
interface Fault {
  readonly name: string;
  readonly happen: (run: Run) => Promise<void> | void;
  readonly heal?: (run: Run) => Promise<void> | void;
  /** The time that it lasts, in milliseconds. */
  readonly lasts?: number;
}

const faults: readonly Fault[] = [
  { name: "cut connections", happen: ({ link }) => link.cut() },
  {
    name: "a black hole of one node",
    happen: ({ link }) => {
      link.isBlackHole = true;
    },
    heal: ({ link }) => {
      link.isBlackHole = false;
    },
    lasts: 4_000,
  },
  {
    name: "answers that are lost after execution",
    happen: ({ link }) => {
      link.dropsAnswers = true;
    },
    heal: ({ link }) => {
      link.cut();
      link.dropsAnswers = false;
    },
    lasts: 300,
  },
  { name: "kill -9 with data", happen: ({ nats }) => nats.restart("its own") },
  { name: "kill -9 without data", happen: ({ nats }) => nats.restart("empty") },
  { name: "a restart from an older copy", happen: ({ nats }) => nats.restart("kept") },
  {
    name: "a server that hangs",
    happen: ({ nats }) => nats.kill("SIGSTOP"),
    heal: ({ nats }) => nats.kill("SIGCONT"),
    lasts: 4_000,
  },
];

describeWithEngine("two nodes on JetStream", "nats-server", () => {
  test.concurrent.each(faults.map((fault) => [fault.name, fault] as const))(
    "[NA8] %s: nothing acknowledged is lost in silence, and both nodes come to rest at the top",
    async (_, fault) => {
      await using nats = await TestNats.start();
      using link = new Link(nats.port);
      using other = new Link(nats.port);
      const history = new RunHistory();
      const create = (port: number) =>
        new EngineNode((told, ports) => new NatsEngine(nats.options(port), told, ports), {
          answerMs: nats.options().ioTimeout,
          history,
          channels,
        });
      const nodes = [create(link.port), create(other.port)] as const;
      await until("both nodes hear all channels", () => nodes.every((node) => channels.every((c) => node.isInside(c))));
      await publish(nodes, 0, 30);
      await nats.save();
      await until("both nodes are back", () => nodes.every((node) => channels.every((c) => node.isInside(c))));
      await publish(nodes, 30, 60);
      const publishing = publishFor(nodes, 60, (fault.lasts ?? 0) + 300);
      await fault.happen({ nats, link });
      await publishing;
      await fault.heal?.({ nats, link });
      await judge(nodes, history);
    },
    patience * 3,
  );

  test("[NA8] a full store: publishes are error 100, nothing that is kept goes, and readers are served", async () => {
    await using folder = await TemporaryFolder.create();
    const config = `${folder.path}/nats.conf`;
    await Bun.write(config, "jetstream { max_file_store: 2M }");
    await using nats = await TestNats.start(["-c", config]);
    const { promise: connected, resolve } = Promise.withResolvers<void>();
    const engine = new NatsEngine(nats.options(), { message: () => {}, resumed: () => resolve() }, enginePorts());
    await connected;
    const body = "x".repeat(100_000);
    const append = () =>
      new Promise<Appended>((done) =>
        engine.append(
          [{ channel: "a", body, history: options, key: "", version: 0, versionEpoch: "" }],
          ([answer = { error: errors.internal }]) => done(answer),
        ),
      );
    let kept = 0;
    for (let answer = await append(); !("error" in answer); answer = await append()) kept += 1;
    const range = { epoch: "", from: 1, to: null, limit: null, reverse: false };
    const read = await new Promise<StreamRead | null>((done) => engine.read("a", options, range, done));
    expect(read?.entries.map(({ offset }) => offset)).toEqual(Array.from({ length: kept }, (_, index) => index + 1));
    expect(read?.top).toBe(kept);
    await engine.close();
  });
});
