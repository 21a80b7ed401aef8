import { join } from "node:path";
import type { ClientError } from "../../src/core/errors.ts";
import { unsubscribes } from "../../src/core/unsubscribes.ts";
import { writeMark } from "../support/carriers.ts";
import { ManualClock } from "../support/clock.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { Losses } from "../support/late/loss.ts";
import { patience } from "../support/patience.ts";
import { SeededRandom } from "../support/random.ts";
import { tellUser } from "../support/tell.ts";
import type { Shared } from "./hearing.ts";
import { Member } from "./member.ts";
import { type Action, type ChannelName, channels, memberCount, type Plan, type Step } from "./steps.ts";
import { must, Streams } from "./streams.ts";
import { begin, type Incarnation } from "./world.ts";

/** A server looks at its deadlines so often; a longer pause it would take for a process that was held up. */
const tick = 500;

/**
 * One run: a real server, honest clients, and what they see held against the reference. Throws a `Violation` where
 * something does not hold.
 */
export async function play({ world, steps }: Plan): Promise<void> {
  await using folder = await TemporaryFolder.create();
  const clock = new ManualClock();
  const run = new Run({ world, steps }, clock);
  try {
    await run.open(join(folder.path, "chorus.db"));
    for (const step of steps) await run.take(step);
    await run.end();
  } finally {
    await run.close();
  }
}

class Run {
  readonly #world: Plan["world"];
  readonly #clock: ManualClock;
  readonly #streams: Streams;
  readonly #shared: Shared;
  readonly #members: readonly Member[];
  /** Is everywhere and never cut: it sees the order that all others have to see. */
  readonly #witness: Member;
  #begun: Incarnation | null = null;
  /** Streams that were lost, which a file has still. */
  readonly #losses = new Losses();
  /** The chance of parts that answer later, in one line over restarts: no epoch is given twice. */
  readonly #chance: SeededRandom;
  /** Channels that have lost a stream since all was quiet: with it went what nobody had seen of it. */
  readonly #lost = new Set<ChannelName>();
  #dataCount = 0;

  constructor({ world }: Plan, clock: ManualClock) {
    this.#world = world;
    this.#clock = clock;
    this.#chance = new SeededRandom(world.late ?? 0);
    this.#streams = new Streams(world);
    const began = clock.monotonic();
    this.#shared = {
      streams: this.#streams,
      now: () => clock.monotonic() - began,
      seconds: () => Math.floor(clock.wall() / 1_000),
      nextData: () => {
        this.#dataCount += 1;
        return `p${this.#dataCount}`;
      },
      acknowledged: new Map(),
      refused: new Set(),
      unkept: [],
      sawPresent: (channel, clients) => this.#checkPresence(channel, clients),
      isFailing: false,
      mark: (client) => writeMark(this.#incarnation.server.node.registry, client),
    };
    const isAllowed = (index: number) => index < memberCount - 1;
    this.#members = Array.from(
      { length: memberCount },
      (_, index) => new Member(`user${index}`, isAllowed(index), this.#shared),
    );
    this.#witness = new Member("witness", true, this.#shared);
  }

  async open(path: string): Promise<void> {
    await this.#begin(path);
    await this.#bringWitness();
    for (const [index, member] of this.#members.entries()) {
      await member.connect(this.#url, false, this.#world.over[index]);
    }
    await this.#settle();
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "together":
        this.#act(step.actions);
        break;
      case "connect":
        await this.#members[step.by]?.connect(this.#url, step.expires, step.over);
        break;
      case "kick":
        this.#kick(step);
        break;
      case "pass":
        await this.#pass(step.halfSeconds);
        break;
      case "remove":
        await this.#remove(step.channel);
        break;
      case "fail":
        this.#fail(step.actions);
        break;
      case "restart":
        await this.#restart();
        break;
      case "crash":
        await this.#crash(step);
        break;
    }
    await this.#settle();
    if (step.do === "fail") this.#incarnation.fail(false);
    this.#shared.isFailing = false;
  }

  /** What has to be true of the whole: what is kept, and who is where (I1, I7). */
  async end(): Promise<void> {
    for (const channel of channels) {
      if (channel !== "unkept:a") this.#witness.ask("history", channel);
      this.#witness.ask("presence", channel);
    }
    await this.#settle();
    const { counters } = this.#incarnation.server.node;
    must(counters.crashes === 0 && counters.errors === 0, "I11", "something threw");
  }

  async close(): Promise<void> {
    for (const member of this.#everyone) member.cut();
    await this.#incarnation.server.stop();
  }

  get #everyone(): readonly Member[] {
    return [this.#witness, ...this.#members];
  }

  get #incarnation(): Incarnation {
    if (this.#begun === null) throw new Error("There is no server.");
    return this.#begun;
  }

  get #url(): string {
    return this.#incarnation.server.ws;
  }

  #act(actions: readonly Action[]): void {
    for (const action of actions) this.#members[action.by]?.act(action);
  }

  #kick({ by, channel, back }: Extract<Step, { do: "kick" }>): void {
    const user = this.#members[by]?.user ?? "";
    const unsubscribe = back ? unsubscribes.insufficientState : unsubscribes.server;
    if (!this.#members[by]?.has(channel)) return;
    tellUser(this.#incarnation.server, user, { type: "hub.unsubscribe", channel, unsubscribe });
  }

  async #pass(halfSeconds: number): Promise<void> {
    for (let passed = 0; passed < halfSeconds; passed += 1) {
      await this.#incarnation.quiet();
      this.#clock.advance(tick);
      this.#streams.now = this.#shared.now();
      this.#incarnation.server.node.sweep();
      for (const member of this.#everyone) await member.hearRest();
    }
  }

  async #remove(channel: ChannelName): Promise<void> {
    const { rules, broker } = this.#incarnation.server.node;
    const history = rules.resolve(channel)?.namespace.history;
    if (!history) return;
    const { promise, resolve } = Promise.withResolvers<ClientError | null>();
    broker.historyRemove(channel, history, resolve);
    must((await promise) === null, "I1", "history_remove failed");
    this.#streams.remove(channel);
  }

  #fail(actions: readonly Action[]): void {
    this.#incarnation.fail(true);
    this.#shared.isFailing = this.#world.engine === "sqlite";
    this.#act(actions);
  }

  async #restart(): Promise<void> {
    await this.#incarnation.server.stop();
    for (const member of this.#everyone) await member.hearRest();
    await this.#beginAgain(this.#incarnation.path);
  }

  async #crash({ actions, heardBy }: Extract<Step, { do: "crash" }>): Promise<void> {
    this.#act(actions);
    // What reads have renewed since the last sweep a crash may lose: where streams end within the run, none is made.
    if (this.#world.engine === "sqlite" && !this.#world.lasting) {
      await this.#settle();
      await this.#restart();
      return;
    }
    for (const member of this.#everyone.slice(0, heardBy)) await member.hearRest();
    for (const member of this.#everyone) member.cut();
    const copy = this.#incarnation.copy();
    const restore = this.#losses.snapshot();
    await this.#incarnation.server.stop();
    restore();
    for (const [data, channel] of this.#shared.acknowledged) {
      if (this.#world.engine === "memory" || channel === "unkept:a") this.#shared.acknowledged.delete(data);
    }
    await this.#beginAgain(copy);
  }

  async #beginAgain(path: string): Promise<void> {
    if (this.#world.engine === "memory") this.#streams.forgetAll();
    else this.#streams.restarted();
    await this.#begin(path);
    await this.#bringWitness();
  }

  async #begin(path: string): Promise<void> {
    const onLost = (name: string) => {
      const channel = channels.find((each) => each === name);
      if (channel === undefined) return;
      this.#streams.lose(channel);
      this.#lost.add(channel);
    };
    const outside = { random: this.#chance, losses: this.#losses, onLost };
    this.#begun = await begin(this.#world, this.#clock, path, outside);
  }

  async #bringWitness(): Promise<void> {
    await this.#witness.connect(this.#url, false);
    await this.#returnWitness();
  }

  /** Brings the witness to where it is not, or no longer, and has it read what it may have missed there. */
  async #returnWitness(): Promise<void> {
    for (const channel of channels) {
      if (this.#witness.has(channel)) continue;
      this.#witness.act({ do: "subscribe", by: 0, channel, expires: false });
      if (channel !== "unkept:a") this.#witness.ask("history", channel);
    }
    await this.#witness.hearAnswers();
  }

  /** Waits until everything that was asked is answered and heard by everyone, and holds it against the reference. */
  async #settle(): Promise<void> {
    for (const member of this.#everyone) await member.hearAnswers();
    await this.#untilCutAreGone();
    // What was sent on a line that was cut is answered to nobody.
    await this.#incarnation.quiet();
    for (const member of this.#everyone) await member.hearRest();
    await this.#returnWitness();
    this.#shared.unkept = this.#witness.unkept;
    for (const member of this.#everyone) member.rest();
    this.#checkAcknowledged();
    this.#streams.settle();
  }

  /** What somebody sent whose line was cut is read before the server knows that it is: then all is read. */
  async #untilCutAreGone(): Promise<void> {
    const { registry } = this.#incarnation.server.node;
    const deadline = performance.now() + patience;
    while (registry.size > this.#everyone.filter(({ isConnected }) => isConnected).length) {
      must(performance.now() < deadline, "P7", "a connection whose line was cut is still there");
      await this.#witness.hearRest();
    }
  }

  /** I7: those who are said to be there are those who are. */
  #checkPresence(channel: ChannelName, clients: readonly string[]): void {
    const there = this.#everyone.filter((member) => member.has(channel)).map(({ client }) => client);
    const isSame = there.length === clients.length && there.every((client) => clients.includes(client));
    must(isSame, "I7", `${clients.join()} are said to be in ${channel}, and ${there.join()} are`);
  }

  /** I1: what was acknowledged was seen; or, where a crash kept it from everyone, there is a place for it. */
  #checkAcknowledged(): void {
    const { acknowledged, unkept } = this.#shared;
    const unseen = [...acknowledged].filter(([data, channel]) =>
      channel === "unkept:a" ? !unkept.includes(data) && this.#witness.has(channel) : !this.#streams.has(data),
    );
    for (const channel of channels) {
      const missing = unseen.filter(([, each]) => each === channel).map(([data]) => data);
      const room = this.#streams.unknownIn(channel);
      must(
        missing.length <= room || this.#lost.has(channel),
        "I1",
        `${missing.join()} of ${channel} was acknowledged, and nobody saw it`,
      );
    }
    acknowledged.clear();
    this.#lost.clear();
  }
}
