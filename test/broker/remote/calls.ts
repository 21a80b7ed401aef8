import { expect } from "bun:test";
import type { HistoryOptions } from "../../../src/broker/broker.ts";
import type { Engine, EngineEvents, Entry, Message, Range } from "../../../src/broker/remote/engine.ts";
import { ManualClock } from "../../support/clock.ts";
import { SeededRandom } from "../../support/random.ts";
import { Scheduler, SimulatedEngine } from "./simulated-engine.ts";
import { SimulatedServer } from "./simulated-server.ts";

/** The channels of the calls. */
export const channels: readonly [string, ...string[]] = ["a", "{b}", "%", "\ud800"];

/** One call, and its answer with the epochs in the order in which they were first seen. */
export type Call = (engine: Engine, done: (answer: unknown) => void) => void;

/**
 * What calls are made of: anything, or what the nodes of one configuration make, where all publishes of a channel are kept
 * alike, and one with a key has no version.
 */
export type CallKinds = "any" | "configured";

const optionsOf = (random: SeededRandom, kinds: CallKinds): HistoryOptions => ({
  durable: false,
  size: kinds === "configured" ? 3 : 1 + random.int(4),
  ttl: 100_000,
  metaTtl: 1_000_000,
});

function entryOf(random: SeededRandom, body: string, kinds: CallKinds): Entry {
  const channel = random.pick(channels);
  const key = random.int(4) === 0 ? `${channels.indexOf(channel)}-${random.int(5)}` : "";
  const hasVersion = kinds === "any" || key === "";
  const isKept = random.int(4) > 0 || (kinds === "configured" && key !== "");
  return {
    channel,
    body,
    history: isKept ? optionsOf(random, kinds) : null,
    key,
    version: hasVersion && random.int(3) === 0 ? random.int(6) : 0,
    versionEpoch: hasVersion && random.int(6) === 0 ? "x" : "",
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

/** A call like those that a broker makes; `number` makes its bodies different from others. */
export function callOf(random: SeededRandom, number: number, kinds: CallKinds): Call {
  const channel = channels[random.int(channels.length)] ?? "a";
  switch (random.int(8)) {
    case 0:
      return (engine, done) => engine.tops(channels, done);
    case 1:
      return (engine, done) => engine.remove(channel, "notice", done);
    case 2:
    case 3: {
      const [options, range] = [optionsOf(random, kinds), rangeOf(random)];
      return (engine, done) =>
        engine.read(channel, options, range, (read) => done(read && { ...read, ttl: read.ttl > 0 }));
    }
    default: {
      const entries = Array.from({ length: 1 + random.int(3) }, (_, n) => entryOf(random, `${number}.${n} é\n`, kinds));
      return (engine, done) => engine.append(entries, done);
    }
  }
}

/** Epochs are random: named by the order in which they come. */
export function named(answers: readonly unknown[]): string {
  const names = new Map<string, string>();
  return JSON.stringify(answers).replace(/"epoch":"([a-zA-Z]{8})"/g, (_, epoch: string) => {
    names.set(epoch, names.get(epoch) ?? String(names.size));
    return `"epoch":"#${names.get(epoch)}"`;
  });
}

/** A message, and the channel that it was told in. */
export interface Told extends Message {
  readonly channel: string;
}

/** The answers of a real engine, one call after the other, and the messages that it told; it tells `resumes` when it is there. */
export async function onReal(
  open: (events: EngineEvents) => Engine,
  resumes: number,
  calls: readonly Call[],
): Promise<[unknown[], Told[]]> {
  const connected = Promise.withResolvers<void>();
  let resumed = 0;
  const messages: Told[] = [];
  const last = Promise.withResolvers<void>();
  const engine = open({
    message: (channel, message) => {
      if (message.body === "last") last.resolve();
      else messages.push({ channel, ...message });
    },
    resumed: () => {
      resumed += 1;
      if (resumed === resumes) connected.resolve();
    },
  });
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

/** The same on the simulated engine. */
export function onSimulated(calls: readonly Call[]): [unknown[], Told[]] {
  const random = new SeededRandom(1);
  const server = new SimulatedServer(new ManualClock(), random);
  const scheduler = new Scheduler(random);
  const messages: Told[] = [];
  const events = {
    message: (channel: string, message: Message) => void messages.push({ channel, ...message }),
    resumed: () => {},
  };
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
