import { expect, test } from "bun:test";
import type { HistoryOptions } from "../../../src/broker/broker.ts";
import { RedisEngine } from "../../../src/broker/redis/engine.ts";
import type { Engine, Entry, Message, Range } from "../../../src/broker/remote/engine.ts";
import { systemClock, systemRandom, systemTimers } from "../../../src/runtime/system.ts";
import { CapturedLog } from "../../support/captured-log.ts";
import { ManualClock } from "../../support/clock.ts";
import { describeWithEngine } from "../../support/engines.ts";
import { testTimeout } from "../../support/patience.ts";
import { SeededRandom } from "../../support/random.ts";
import { TestRedis } from "../../support/redis.ts";
import { Scheduler, SimulatedEngine } from "../remote/simulated-engine.ts";
import { SimulatedServer } from "../remote/simulated-server.ts";

const channels = ["a", "{b}", "%", "\ud800"];

/** One call, and its answer with the epochs in the order in which they were first seen. */
type Call = (engine: Engine, done: (answer: unknown) => void) => void;

const optionsOf = (random: SeededRandom): HistoryOptions => ({
  durable: false,
  size: 1 + random.int(4),
  ttl: 100_000,
  metaTtl: 1_000_000,
});

function entryOf(random: SeededRandom, body: string): Entry {
  const channel = random.pick(["a", "{b}", "%", "\ud800"]);
  return {
    channel,
    body,
    history: random.int(4) > 0 ? optionsOf(random) : null,
    key: random.int(4) === 0 ? `${channel} ${random.int(5)}` : "",
    version: random.int(3) === 0 ? random.int(6) : 0,
    versionEpoch: random.int(6) === 0 ? "x" : "",
  };
}

function rangeOf(random: SeededRandom): Range {
  return {
    epoch: random.int(3) === 0 ? "zzzzzzzz" : "",
    from: random.int(8) === 0 ? Number.POSITIVE_INFINITY : 1 + random.int(6),
    to: random.int(3) === 0 ? random.int(10) : null,
    limit: random.int(3) === 0 ? random.int(4) : null,
    reverse: random.int(2) === 0,
  };
}

function callOf(random: SeededRandom, number: number): Call {
  const channel = channels[random.int(channels.length)] ?? "a";
  switch (random.int(8)) {
    case 0:
      return (engine, done) => engine.tops(channels, done);
    case 1:
      return (engine, done) => engine.remove(channel, "notice", done);
    case 2:
    case 3: {
      const [options, range] = [optionsOf(random), rangeOf(random)];
      return (engine, done) =>
        engine.read(channel, options, range, (read) => done(read && { ...read, ttl: read.ttl > 0 }));
    }
    default: {
      const entries = Array.from({ length: 1 + random.int(3) }, (_, n) => entryOf(random, `${number}.${n} é\n`));
      return (engine, done) => engine.append(entries, done);
    }
  }
}

/** Epochs are random: named by the order in which they come. */
function named(answers: readonly unknown[]): string {
  const names = new Map<string, string>();
  return JSON.stringify(answers).replace(/"epoch":"([a-zA-Z]{8})"/g, (_, epoch: string) => {
    names.set(epoch, names.get(epoch) ?? String(names.size));
    return `"epoch":"#${names.get(epoch)}"`;
  });
}

describeWithEngine("the scripts", "redis-server", () => {
  test(
    "[RD1] Redis answers every sequence of calls as the simulated server does, and tells the same messages",
    async () => {
      await using redis = await TestRedis.start();
      const random = new SeededRandom();
      for (let run = 0; run < 25; run++) {
        const calls = Array.from({ length: 40 }, (_, number) => callOf(random, number));
        redis.command("FLUSHALL");
        const [real, realMessages] = await onRedis(redis, calls);
        const [simulated, simulatedMessages] = onSimulated(calls);
        expect(named(real)).toBe(named(simulated));
        expect(named(realMessages)).toBe(named(simulatedMessages));
      }
    },
    testTimeout,
  );
});

async function onRedis(redis: TestRedis, calls: readonly Call[]): Promise<[unknown[], Message[]]> {
  const connected = Promise.withResolvers<void>();
  let resumed = 0;
  const messages: Message[] = [];
  const last = Promise.withResolvers<void>();
  const engine = new RedisEngine(
    redis.options(),
    {
      message: (_, message) => {
        if (message.body === "last") last.resolve();
        else messages.push(message);
      },
      resumed: () => {
        // The one connection, and the other.
        resumed += 1;
        if (resumed === 2) connected.resolve();
      },
      heard: () => {},
    },
    {
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      log: new CapturedLog().log,
      durations: { observe: () => {} },
    },
  );
  await connected.promise;
  const subscribed = await new Promise((resolve) => engine.subscribe(channels, resolve));
  expect(subscribed).toEqual(channels.map(() => true));
  const answers: unknown[] = [];
  for (const call of calls) answers.push(await new Promise((resolve) => call(engine, resolve)));
  engine.append([{ channel: "a", body: "last", history: null, key: "", version: 0, versionEpoch: "" }], () => {});
  await last.promise;
  await engine.close();
  return [answers, messages];
}

function onSimulated(calls: readonly Call[]): [unknown[], Message[]] {
  const random = new SeededRandom(1);
  const server = new SimulatedServer(new ManualClock(), random);
  const scheduler = new Scheduler(random);
  const messages: Message[] = [];
  const events = { message: (_: string, message: Message) => void messages.push(message), resumed: () => {} };
  const engine = new SimulatedEngine(server, scheduler, events);
  engine.subscribe(channels, () => {});
  while (scheduler.step());
  const answers: unknown[] = [];
  for (const call of calls) {
    call(engine, (answer) => answers.push(answer));
    while (scheduler.step());
  }
  return [answers, messages];
}
