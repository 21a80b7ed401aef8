import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import type { Guarantee } from "../../src/messages/inbox.ts";
import { CentrifugeProbe, isClosed } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { lateInbox } from "../support/late/inbox.ts";
import { Turns } from "../support/late/turns.ts";
import { startOpenServer, tokenFor } from "../support/open-channels.ts";
import { freshPushPath } from "../support/push-path.ts";
import { SeededRandom } from "../support/random.ts";
import { runs } from "../support/runs.ts";
import type { TestServer } from "../support/server.ts";

setDefaultTimeout(600_000);

const devices = ["", "phone", "laptop"] as const;
/** Seconds after which what is not acknowledged comes again. */
const redelivery = 30;

type Step =
  | { readonly do: "send"; readonly guarantee: Guarantee | null; readonly count: number }
  | { readonly do: "connect" | "acknowledge" | "command" | "freeze" | "cut"; readonly by: number }
  | { readonly do: "pass"; readonly seconds: number }
  | { readonly do: "restart" };

const by = fc.nat(devices.length - 1);
const guarantee = fc.option(
  fc.record({
    until: fc.constantFrom("delivered" as const, "acknowledged" as const),
    per: fc.constantFrom("user" as const, "device" as const),
  }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("send" as const), guarantee, count: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("connect" as const), by }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom("acknowledge" as const, "command" as const, "freeze" as const), by }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cut" as const), by }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("pass" as const), seconds: fc.integer({ min: 1, max: 70 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
);

/** A message whose send was answered, and what clients have of it. */
interface Message {
  readonly number: number;
  readonly id: string;
  readonly guarantee: Guarantee | null;
  readonly isKept: boolean;
  readonly receivedBy: string[];
  /** In which step, by device. */
  readonly acknowledgedBy: Map<string, number>;
}

/** A device of the user, and its connection. */
class Client {
  readonly device: string;
  probe: CentrifugeProbe | null = null;
  isFrozen = false;
  /** The step in which it connected, and the one in which it read on: then it reads at once what came twice. */
  since = 0;
  thawedIn = 0;
  /** What its connection has received, and when last, in seconds. */
  readonly received = new Map<Message, number>();

  constructor(device: string) {
    this.device = device;
  }

  cut(): void {
    this.probe?.[Symbol.dispose]();
    this.probe = null;
    this.isFrozen = false;
    this.received.clear();
  }
}

class Run {
  readonly #path = freshPushPath();
  readonly #clock = new ManualClock();
  readonly #turns: Turns | null;
  readonly #clients = devices.map((device) => new Client(device));
  readonly #messages: Message[] = [];
  #server: TestServer | null = null;
  #seconds = 0;
  #steps = 0;

  constructor(late: number | null) {
    this.#turns = late === null ? null : new Turns(new SeededRandom(late), (task) => void setImmediate(task));
  }

  async begin(): Promise<void> {
    const turns = this.#turns;
    this.#server = await startOpenServer(
      // No ping proves anything by chance, and none is missed by a client that is frozen.
      { client: { ping_interval: "24h" }, push_log: { path: this.#path }, push_queue: { size: 1_000 } },
      { clock: this.#clock, ...(turns && { replace: { inbox: (real) => lateInbox(real, turns) } }) },
    );
  }

  async take(step: Step): Promise<void> {
    this.#steps += 1;
    if (step.do === "send") await this.#send(step);
    else if (step.do === "pass") this.#pass(step.seconds);
    else if (step.do === "restart") await this.#restart();
    else await this.#act(step.do, this.#clients[step.by] as Client);
    await this.#settle();
  }

  /** Every device comes once more: what was promised has arrived, or does now. */
  async end(): Promise<void> {
    this.#steps += 1;
    for (const client of this.#clients) {
      client.cut();
      await this.#connect(client);
      await this.#settle();
    }
    for (const { number, guarantee, isKept, receivedBy } of this.#messages) {
      if (guarantee?.per === "user") expect([number, receivedBy.length]).not.toEqual([number, 0]);
      if (guarantee?.per === "device") {
        expect([number, ...new Set(receivedBy)].sort()).toEqual([number, ...devices].sort());
      }
      if (guarantee === null && isKept) expect(receivedBy.length).toBeLessThanOrEqual(1);
    }
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.cut();
    await this.#server?.stop();
  }

  get #running(): TestServer {
    if (this.#server === null) throw new Error("There is no server.");
    return this.#server;
  }

  /** Sends so many at once: their order is that of the calls. */
  async #send({ guarantee, count }: Extract<Step, { do: "send" }>): Promise<void> {
    const options = guarantee ?? { queueTtl: 3_600_000 };
    const first = this.#messages.length;
    const calls = Array.from({ length: count }, (_, n) => this.#running.api.send({ user: "ann" }, first + n, options));
    for (const { id = "", queued } of await Promise.all(calls)) {
      const isKept = guarantee !== null || queued;
      const number = this.#messages.length;
      this.#messages.push({ number, id, guarantee, isKept, receivedBy: [], acknowledgedBy: new Map() });
    }
  }

  async #act(what: "connect" | "acknowledge" | "command" | "freeze" | "cut", client: Client): Promise<void> {
    if (what === "connect") await this.#connect(client);
    else if (what === "cut") client.cut();
    else if (client.probe === null) return;
    else if (what === "freeze") this.#freeze(client, client.probe);
    else if (!client.isFrozen) await this.#command(client, client.probe, what === "acknowledge");
  }

  async #connect(client: Client): Promise<void> {
    if (client.probe !== null) return;
    const { device } = client;
    client.since = this.#steps;
    const data = device === "" ? {} : { data: { device } };
    client.probe = await CentrifugeProbe.connect(this.#running.ws, { token: tokenFor({ sub: "ann" }), ...data });
  }

  #freeze(client: Client, probe: CentrifugeProbe): void {
    client.isFrozen = !client.isFrozen;
    if (client.isFrozen) probe.pause();
    else {
      client.thawedIn = this.#steps;
      probe.resume();
    }
  }

  /** Acknowledges every second message that it has, or asks something. */
  async #command(client: Client, probe: CentrifugeProbe, isAcknowledging: boolean): Promise<void> {
    const messages = [...client.received.keys()].filter(({ number, id }) => id !== "" && number % 2 === 0);
    const ids = isAcknowledging ? messages.map(({ id }) => id) : [];
    const command = probe.command("rpc", { method: "chorus:ack", data: { ids } });
    probe.send(command);
    for (;;) {
      const heard = await probe.next();
      if (isClosed(heard)) throw new Error("The connection was closed.");
      if (heard["id"] === command.id) break;
      this.#hear(client, heard);
    }
    if (isAcknowledging) for (const { acknowledgedBy } of messages) acknowledgedBy.set(client.device, this.#steps);
  }

  #pass(seconds: number): void {
    this.#clock.advance(seconds * 1_000);
    this.#seconds += seconds;
  }

  async #restart(): Promise<void> {
    for (const client of this.#clients) client.cut();
    await this.#running.stop();
    await this.begin();
  }

  /** Waits until everything that was sent is heard. */
  async #settle(): Promise<void> {
    const connected = () => this.#clients.filter(({ probe }) => probe !== null).length;
    while (this.#running.node.registry.count().connections > connected()) await new Promise(setImmediate);
    for (let round = 0; round < 2; round += 1) {
      this.#running.node.sweep();
      await new Promise(setImmediate);
      await this.#turns?.quiet();
      for (const client of this.#clients) {
        if (client.probe === null || client.isFrozen) continue;
        for (const heard of await client.probe.rest()) this.#hear(client, heard);
      }
    }
    for (const client of this.#clients) if (client.probe !== null && !client.isFrozen) this.#checkReceived(client);
  }

  /** What is owed to a client that reads has come. */
  #checkReceived({ device, received }: Client): void {
    const missing = this.#messages.filter((message) => {
      const { guarantee, acknowledgedBy } = message;
      const isOwed = guarantee?.per === "device" ? !acknowledgedBy.has(device) : acknowledgedBy.size === 0;
      return guarantee?.until === "acknowledged" && isOwed && !received.has(message);
    });
    expect(missing.map(({ number }) => number)).toEqual([]);
  }

  #hear(client: Client, heard: object): void {
    const { push } = heard as { push?: { message: { data: number | { id: string; data: number } } } };
    if (!push) return;
    const { data } = push.message;
    const message = this.#messages[typeof data === "number" ? data : data.data] as Message;
    expect(typeof data === "number" ? "" : data.id).toBe(message.id);
    const { guarantee, acknowledgedBy, receivedBy } = message;
    const before = client.received.get(message);
    if (before === undefined) {
      const done = guarantee?.per === "device" ? [acknowledgedBy.get(client.device)] : [...acknowledgedBy.values()];
      // What one has acknowledged may still be on its way to connections that were there.
      expect(done.filter((step) => step !== undefined && step < client.since)).toEqual([]);
      const later = [...client.received.keys()].filter(({ number, isKept }) => isKept && number > message.number);
      if (message.isKept) expect([message.number, later.map(({ number }) => number)]).toEqual([message.number, []]);
    } else if (client.thawedIn !== this.#steps) expect(this.#seconds - before).toBeGreaterThanOrEqual(redelivery);
    client.received.set(message, this.#seconds);
    receivedBy.push(client.device);
  }
}

async function play(steps: readonly Step[], late: number | null): Promise<void> {
  const run = new Run(late);
  await run.begin();
  try {
    for (const step of steps) await run.take(step);
    await run.end();
  } finally {
    await run.close();
  }
}

/** A run takes some 150 ms. */
const numRuns = Math.ceil(runs / 10);
const steps = fc.array(step, { minLength: 1, maxLength: 30, size: "max" });

describe("whatever clients do, what was answered arrives, in one order", () => {
  test("[IN7] with an inbox that answers at once", async () => {
    const { seed } = new SeededRandom();
    await fc.assert(
      fc.asyncProperty(steps, (each) => play(each, null)),
      { seed: seed | 0, numRuns },
    );
  });

  test("[IN7] with one that answers later", async () => {
    const { seed } = new SeededRandom();
    await fc.assert(fc.asyncProperty(steps, fc.nat(), play), { seed: seed | 0, numRuns });
  });
});
