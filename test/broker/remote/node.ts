import type { BrokerEvents, HistoryOptions, Joined } from "../../../src/broker/broker.ts";
import type { Engine, EngineEvents } from "../../../src/broker/remote/engine.ts";
import { RemoteBroker } from "../../../src/broker/remote/remote-broker.ts";
import type { Position, Publication } from "../../../src/core/publication.ts";
import { CapturedLog } from "../../support/captured-log.ts";
import { draftOf } from "../fixture.ts";
import { enginePorts } from "./engine-ports.ts";

export const options: HistoryOptions = { durable: false, size: 10_000, ttl: 300_000, metaTtl: 3_000_000 };

/** What all nodes of a run have seen, and what of it must not be. */
export class RunHistory {
  readonly violations: string[] = [];
  readonly acked: { readonly channel: string; readonly position: Position; readonly data: string }[] = [];
  readonly #contents = new Map<string, string>();

  content(channel: string, { offset, epoch }: Position, data: string): void {
    const key = `${channel} ${epoch} ${offset}`;
    const known = this.#contents.get(key) ?? data;
    if (known !== data) this.violations.push(`(b) ${key} is ${known}, and ${data}`);
    this.#contents.set(key, data);
  }
}

/** What a node of a run is made of. */
export interface NodeParts {
  readonly answerMs: number;
  readonly history: RunHistory;
  readonly channels: readonly string[];
}

/** A node with one subscriber that keeps its position in each channel, and comes back whenever it is lost or refused. */
export class EngineNode<Opened extends Engine = Engine> {
  readonly broker: RemoteBroker;
  readonly positions = new Map<string, Position>();
  readonly log = new CapturedLog();
  lost = 0;
  open = 0;
  readonly #history: RunHistory;
  readonly engine: Opened;
  readonly #sweep: Timer;
  readonly #inside = new Set<string>();

  /** `answerMs`: within which the engine answers. */
  constructor(
    open: (told: EngineEvents, ports: ReturnType<typeof enginePorts>) => Opened,
    { answerMs, history, channels }: NodeParts,
  ) {
    this.#history = history;
    const engines: Opened[] = [];
    const events: BrokerEvents = {
      deliver: (channel, publication) => this.#delivered(channel, publication),
      lost: (channel, epoch) => this.#lost(channel, epoch),
    };
    const ports = enginePorts(this.log);
    this.broker = new RemoteBroker({
      announce: () => {},
      ...ports,
      events,
      open: (told) => {
        const engine = open(told, ports);
        engines.push(engine);
        return engine;
      },
      schedule: (task) => void setImmediate(task),
      socketOf: () => null,
      answerMs,
    });
    const [engine] = engines;
    if (!engine) throw new Error("The broker has opened no engine.");
    this.engine = engine;
    this.#sweep = setInterval(() => {
      this.broker.tick();
      this.broker.sweep();
      for (const channel of channels) this.#join(channel);
    }, 100);
  }

  /** A subscriber is in the channel. */
  isInside(channel: string): boolean {
    return this.#inside.has(channel);
  }

  publish(channel: string, data: number): Promise<boolean> {
    this.open += 1;
    let answers = 0;
    return new Promise((resolve) => {
      this.broker.publish(draftOf(channel, data, { history: options }), (outcome) => {
        this.open -= 1;
        answers += 1;
        if (answers > 1) this.#history.violations.push(`(f) ${data} was answered ${answers} times`);
        if (outcome.ok) {
          this.#history.acked.push({ channel, position: outcome.value, data: String(data) });
          this.#history.content(channel, outcome.value, String(data));
        }
        resolve(outcome.ok);
      });
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await this.broker.close();
  }

  #join(channel: string): void {
    if (this.#inside.has(channel)) return;
    const position = this.positions.get(channel) ?? null;
    const since = position && { position, mode: "stream" as const, publicationsMax: 100_000, bytesMax: 1e9 };
    this.#inside.add(channel);
    const join = () =>
      this.broker.join(channel, options, since, (joined) => {
        if (joined) this.#joined(channel, position, joined);
        else this.#inside.delete(channel);
      });
    if (this.broker.prepare([{ channel, options, since }], join)) join();
  }

  #joined(channel: string, before: Position | null, { position, publications, recovered }: Joined): void {
    this.positions.set(channel, position);
    if (!recovered || before === null) return;
    let offset = before.offset;
    for (const publication of publications) {
      offset += 1;
      if (publication.offset !== offset) this.#history.violations.push(`(d) ${publication.offset} for ${offset}`);
      this.#history.content(channel, publication, dataOf(publication));
    }
    if (offset !== position.offset || before.epoch !== position.epoch) this.#history.violations.push("(d) not all");
  }

  #delivered(channel: string, publication: Publication): void {
    const { offset, epoch } = publication;
    this.#history.content(channel, publication, dataOf(publication));
    const position = this.positions.get(channel);
    if (!position || !this.#inside.has(channel)) return;
    if (epoch !== position.epoch || offset !== position.offset + 1) {
      this.#history.violations.push(`(a) ${offset} of ${epoch} after ${position.offset} of ${position.epoch}`);
    }
    this.positions.set(channel, { offset, epoch });
  }

  #lost(channel: string, epoch: string): void {
    if (this.positions.get(channel)?.epoch === epoch || !this.positions.has(channel)) return;
    this.lost += 1;
    this.#inside.delete(channel);
  }
}

function dataOf({ data }: Publication): string {
  return data.kind === "json" ? data.json : "";
}
