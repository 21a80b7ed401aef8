import { type Counts, Histogram } from "../measure/histogram.ts";
import { cpuOf } from "../measure/process.ts";
import type { Speech } from "../speech/speech.ts";
import { FrameReader } from "../wire/frame-reader.ts";
import { textFrame } from "../wire/frame-template.ts";
import { payloadOf } from "../wire/payload.ts";
import { Client } from "./client.ts";

/** Subscribing with recovery, over and over. */
export interface RecoveryLoop {
  readonly channel: string;
  readonly clients: number;
  /** Publications that each subscribe brings back. */
  readonly publications: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** What came of it. */
export interface RecoveryResult {
  readonly recoveries: number;
  readonly elapsed: number;
  readonly loadCpu: number;
  readonly serverCpu: number;
  readonly latencies: Counts;
}

/** Whom it is done to. */
export interface Recovered {
  readonly port: number;
  readonly serverPid: number;
  readonly speech: Speech;
  readonly failed: (error: Error) => void;
}

/** A client that hands every line of the server to a callback. */
class Asker extends Client {
  heard: (line: string) => void = () => {};
  readonly #reader = new FrameReader();

  ask(text: string): void {
    this.write(textFrame(text));
  }

  /** Asks and waits for the next line. */
  answer(text: string): Promise<string> {
    return new Promise((resolve) => {
      this.heard = resolve;
      this.ask(text);
    });
  }

  protected override take(chunk: Buffer): void {
    for (const { payload } of this.#reader.feed(chunk)) {
      for (const line of payload.toString("latin1").split("\n")) this.heard(line);
    }
  }
}

/** Fills the channel's history, then subscribes and unsubscribes with as many clients as fast as answers come. */
export async function recoveryLoop(to: Recovered, loop: RecoveryLoop): Promise<RecoveryResult> {
  const askers = await Promise.all(Array.from({ length: loop.clients }, () => join(to, loop.channel)));
  const first = askers[0];
  if (!first) throw new Error("a recovery loop without clients");
  const position = await fill(first, loop);
  const latencies = new Histogram();
  const before = { load: cpuOf(process.pid), server: cpuOf(to.serverPid) };
  const began = Bun.nanoseconds();
  const end = began + loop.duration * 1e6;
  await Promise.all(askers.map((asker) => recoverUntil(end, asker, { loop, position, latencies })));
  const elapsed = (Bun.nanoseconds() - began) / 1e6;
  for (const asker of askers) asker.leave();
  return {
    recoveries: latencies.count,
    elapsed,
    loadCpu: cpuOf(process.pid) - before.load,
    serverCpu: cpuOf(to.serverPid) - before.server,
    latencies: latencies.counts(),
  };
}

async function join({ port, speech, failed }: Recovered, channel: string): Promise<Asker> {
  const asker = new Asker();
  await asker.join({ port, speech, channel, role: "publisher", failed });
  return asker;
}

/** Publishes what is to be recovered; returns the fields of a subscribe that asks for it. */
async function fill(asker: Asker, { channel, publications }: RecoveryLoop): Promise<string> {
  const name = JSON.stringify(channel);
  for (let number = 0; number <= publications; number++) {
    const answer = await asker.answer(`{"id":2,"publish":{"channel":${name},"data":${payloadOf(number, 64)}}}`);
    if (answer.includes('"error"')) throw new Error(`a publish was refused: ${answer}`);
  }
  const history = JSON.parse(await asker.answer(`{"id":3,"history":{"channel":${name}}}`));
  const { epoch, offset } = history.history;
  return `"recover":true,"epoch":"${epoch}","offset":${offset - publications}`;
}

interface Recovering {
  readonly loop: RecoveryLoop;
  readonly position: string;
  readonly latencies: Histogram;
}

function recoverUntil(end: number, asker: Asker, { loop, position, latencies }: Recovering): Promise<void> {
  const name = JSON.stringify(loop.channel);
  const subscribe = `{"id":4,"subscribe":{"channel":${name},${position}}}`;
  const again = `{"id":5,"unsubscribe":{"channel":${name}}}\n${subscribe}`;
  const last = `"${payloadOf(loop.publications, 64).slice(6, 15)}"`;
  return new Promise((resolve) => {
    let sentAt = Bun.nanoseconds();
    asker.heard = (line) => {
      if (!line.includes('"id":4')) return;
      if (!line.includes('"recovered":true') || !line.includes(last))
        throw new Error(`not recovered: ${line.slice(0, 300)}`);
      const now = Bun.nanoseconds();
      latencies.record(now - sentAt);
      sentAt = now;
      if (now < end) asker.ask(again);
      else resolve();
    };
    asker.ask(subscribe);
  });
}
