import type { BrokerEvents, HistoryOptions, Joined } from "../../../src/broker/broker.ts";
import { RemoteBroker } from "../../../src/broker/remote/remote-broker.ts";
import type { Position, Publication } from "../../../src/core/publication.ts";
import { CapturedLog } from "../../support/captured-log.ts";
import { ManualClock } from "../../support/clock.ts";
import { SeededRandom } from "../../support/random.ts";
import { draftOf } from "../fixture.ts";
import { type Client, createClient } from "./simulated-client.ts";
import { Scheduler, SimulatedEngine } from "./simulated-engine.ts";
import { SimulatedServer, type Snapshot } from "./simulated-server.ts";
import { channels, type Step } from "./steps.ts";

/** What can be broken for the test of the test. */
export interface Broken {
  readonly broker?: typeof RemoteBroker;
  readonly hasGenerations?: boolean;
}

const options: HistoryOptions = { durable: false, size: 6, ttl: 300_000, metaTtl: 3_000_000 };

interface Acknowledged {
  readonly channel: string;
  readonly position: Position;
  readonly data: string;
}

interface SimulatedNode {
  readonly broker: RemoteBroker;
  readonly engine: SimulatedEngine;
  readonly clients: ReadonlyMap<string, readonly Client[]>;
}

/** Plays steps on two nodes and one server, and then silence; what was violated is in `violations`. */
export class Simulation {
  readonly violations: string[] = [];
  readonly #random: SeededRandom;
  readonly #clock = new ManualClock();
  readonly #scheduler: Scheduler;
  readonly #server: SimulatedServer;
  readonly #nodes: SimulatedNode[] = [];
  readonly #contents = new Map<string, string>();
  readonly #acked: Acknowledged[] = [];
  #tasks: (() => void)[] = [];
  #snapshot: Snapshot;
  #published = 0;
  #open = 0;

  constructor(seed: number, { broker = RemoteBroker, hasGenerations = true }: Broken = {}) {
    this.#random = new SeededRandom(seed ^ 0x5eed);
    this.#scheduler = new Scheduler(this.#random);
    this.#server = new SimulatedServer(this.#clock, this.#random);
    this.#server.hasGenerations = hasGenerations;
    this.#snapshot = this.#server.snapshot();
    for (let n = 0; n < 2; n++) this.#nodes.push(this.#createNode(broker));
  }

  play(steps: readonly Step[]): this {
    for (const step of steps) {
      this.#do(step);
      this.#runTasks();
      for (let count = this.#random.int(3); count > 0; count--) this.#scheduler.step();
    }
    // A server that was emptied under its connections is found by the comparison of silent channels alone.
    this.#silence(steps.some(({ kind }) => kind === "flush all") ? 26_000 : 1_500);
    this.#judge();
    return this;
  }

  #createNode(RemoteBrokerClass: typeof RemoteBroker): SimulatedNode {
    const clients = new Map(channels.map((channel) => [channel, [createClient(), createClient()]]));
    const unkept = new Set<string>();
    const events: BrokerEvents = {
      deliver: (channel, publication) => {
        const data = dataOf(publication);
        if (publication.offset > 0) {
          this.#content(channel, publication, data, "delivery");
          for (const client of clients.get(channel) ?? []) this.#delivered(client, publication);
          return;
        }
        if (unkept.has(data)) this.violations.push(`${data}, which is not kept, was delivered twice`);
        unkept.add(data);
      },
      lost: (channel, epoch) => {
        for (const client of clients.get(channel) ?? []) {
          if (client.state === "in" && client.position?.epoch !== epoch) client.state = "out";
        }
      },
    };
    const engines: SimulatedEngine[] = [];
    const broker = new RemoteBrokerClass({
      announce: () => {},
      events,
      open: (told) => {
        engines.push(new SimulatedEngine(this.#server, this.#scheduler, told));
        return engines[0] as SimulatedEngine;
      },
      clock: this.#clock,
      random: this.#random,
      schedule: (task) => void this.#tasks.push(task),
      log: new CapturedLog().log,
      socketOf: () => null,
      answerMs: 4_000,
    });
    const [engine] = engines;
    if (!engine) throw new Error("The broker has opened no engine.");
    return { broker, engine, clients };
  }

  #do({ kind, node: index, channel: number }: Step): void {
    const node = this.#nodes[index];
    const channel = channels[number] ?? "";
    if (!node) return;
    switch (kind) {
      case "publish":
        this.#publish(node, channel, options);
        break;
      case "publish unkept":
        this.#publish(node, channel, null);
        break;
      case "join":
        this.#join(node, channel);
        break;
      case "leave":
        this.#leave(node, channel);
        break;
      case "steps":
        for (let count = 0; count < 6; count++) this.#scheduler.step();
        break;
      case "sweep":
        this.#clock.advance(1_000);
        node.broker.sweep();
        break;
      default:
        this.#harm(kind, channel, node);
    }
  }

  #harm(kind: Step["kind"], channel: string, { engine }: SimulatedNode): void {
    if (kind === "cut messages") engine.cutMessages();
    if (kind === "cut commands") engine.cutCommands();
    if (kind === "snapshot") this.#snapshot = this.#server.snapshot();
    if (kind === "trim") this.#server.trim(channel, this.#random.int(3));
    if (kind === "restore") this.#restart(this.#snapshot);
    if (kind === "flush all") this.#server.restore({ streams: new Map(), keys: new Map() });
  }

  /** A server that comes back from a file has no connections. */
  #restart(snapshot: Snapshot): void {
    this.#server.restore(snapshot);
    for (const { engine } of this.#nodes) {
      engine.cutCommands();
      engine.cutMessages();
    }
  }

  #publish({ broker }: SimulatedNode, channel: string, history: HistoryOptions | null): void {
    this.#published += 1;
    const value = this.#published;
    this.#open += 1;
    let answers = 0;
    broker.publish(draftOf(channel, value, { history }), (outcome) => {
      answers += 1;
      this.#open -= 1;
      if (answers > 1) this.violations.push(`(f) publish ${value} was answered ${answers} times`);
      if (!outcome.ok || history === null) return;
      this.#acked.push({ channel, position: outcome.value, data: String(value) });
      this.#content(channel, outcome.value, String(value), "ack");
    });
  }

  #join({ broker, clients }: SimulatedNode, channel: string): void {
    const client = clients.get(channel)?.find(({ state }) => state === "out");
    if (!client) return;
    client.state = "joining";
    const since = client.position && {
      position: client.position,
      mode: "stream" as const,
      publicationsMax: 100,
      bytesMax: 1_000_000,
    };
    this.#open += 1;
    const join = () => {
      this.#open -= 1;
      broker.join(channel, options, since, (joined) => this.#joined(channel, client, joined));
      if (client.state === "joining") client.state = "out";
    };
    if (broker.prepare([{ channel, options, since }], join)) join();
  }

  #joined(channel: string, client: Client, joined: Joined | null): void {
    if (joined === null) return;
    const before = client.position;
    client.state = "in";
    client.position = joined.position;
    if (before === null) return;
    if (!joined.recovered) {
      this.#judgeLoss(channel, before, joined.position);
      return;
    }
    let expected = before.offset;
    if (before.epoch !== joined.position.epoch) this.violations.push("(d) recovered from another epoch");
    for (const publication of joined.publications) {
      expected += 1;
      if (publication.offset !== expected) this.violations.push(`(d) recovered ${publication.offset} for ${expected}`);
      this.#content(channel, publication, dataOf(publication), "recovery");
    }
    if (expected !== joined.position.offset) this.violations.push(`(d) recovered to ${expected}`);
  }

  #judgeLoss(channel: string, { epoch, offset }: Position, position: Position): void {
    const { entries, ...stream } = this.#server.read(channel, options, whole);
    const isThere = (entries[0]?.offset ?? stream.top + 1) <= offset + 1;
    if (epoch !== stream.epoch || epoch !== position.epoch || offset > position.offset || !isThere) return;
    this.violations.push(`(d) not recovered from ${offset}, though all is there`);
  }

  #leave({ broker, clients }: SimulatedNode, channel: string): void {
    const inside = clients.get(channel)?.filter(({ state }) => state === "in") ?? [];
    const client = inside[this.#random.int(2)];
    if (!client) return;
    client.state = "out";
    if (inside.length === 1) broker.leave(channel);
  }

  #delivered(client: Client, { offset, epoch }: Publication): void {
    if (client.state !== "in" || client.position === null) return;
    const { position } = client;
    if (position.epoch !== epoch) this.violations.push("(a) delivered of another epoch");
    else if (offset !== position.offset + 1) this.violations.push(`(a) delivered ${offset} after ${position.offset}`);
    client.position = { offset, epoch };
  }

  #content(channel: string, { offset, epoch }: Position, data: string, where: string): void {
    const key = `${channel} ${epoch} ${offset}`;
    const known = this.#contents.get(key) ?? data;
    if (known !== data) this.violations.push(`(b) ${key} is ${known}, and ${data} in a ${where}`);
    this.#contents.set(key, data);
  }

  /** No fault any more: all that is on its way arrives, and silent channels are compared. */
  #silence(ms: number): void {
    for (let round = 0; round < 3; round++) {
      this.#runOut();
      if (round === 1) this.#clock.advance(ms);
      for (const { broker } of this.#nodes) broker.sweep();
    }
    this.#runOut();
  }

  #runOut(): void {
    for (let steps = 0; ; steps++) {
      this.#runTasks();
      if (!this.#scheduler.step() && this.#tasks.length === 0) return;
      if (steps > 5_000) {
        this.violations.push("it does not come to rest");
        return;
      }
    }
  }

  #runTasks(): void {
    const due = this.#tasks;
    this.#tasks = [];
    for (const task of due) task();
  }

  #judge(): void {
    if (this.#open !== 0) this.violations.push(`(f) ${this.#open} callbacks were not called`);
    for (const { broker, clients } of this.#nodes) {
      for (const [channel, all] of clients) {
        const top = this.#server.top(channel);
        for (const { position } of all.filter(({ state }) => state === "in")) {
          this.#compare("feed", broker.top(channel, options), top);
          this.#compare("client", position, top);
        }
      }
    }
    for (const each of this.#acked) this.#judgeAcknowledged(each);
  }

  #compare(name: string, at: Position | null, top: Position | null): void {
    if (at?.epoch === top?.epoch && at?.offset === top?.offset) return;
    this.violations.push(`(e) a ${name} stands at ${at?.offset}, the engine at ${top?.offset}`);
  }

  #judgeAcknowledged({ channel, position, data }: Acknowledged): void {
    const { epoch, entries } = this.#server.read(channel, options, whole);
    const found = entries.filter(({ offset }) => offset === position.offset);
    const first = entries[0]?.offset ?? Number.POSITIVE_INFINITY;
    if (epoch !== position.epoch || position.offset < first) return;
    if (found.length === 1 && found[0]?.body.endsWith(`\n${data}`)) return;
    this.violations.push(`(c) acknowledged ${data} is not at ${position.offset}`);
  }
}

const whole = { epoch: "", from: 1, to: null, limit: null, reverse: false };

function dataOf({ data }: Publication): string {
  return data.kind === "json" ? data.json : "";
}
