import type { HistoryOptions, Outcome } from "../../src/broker/broker.ts";
import type { Position, Publication } from "../../src/core/publication.ts";
import { type BrokerFixture, draftOf, type Engine, kept } from "./fixture.ts";
import { BrokerModel } from "./model.ts";
import type { Step } from "./model-steps.ts";

/** The broker of a run, which can be ended and begun anew where that means something. */
export interface Incarnation {
  readonly fixture: BrokerFixture;
  fail?(failing: boolean): void;
  /** Ends this one, and gives the next; `null` where its end is to be an orderly one. */
  restart?(mute: (() => void) | null): Incarnation;
}

export interface RunOptions {
  readonly engine: Engine;
  readonly size: number;
  readonly ttl: number;
  readonly metaTtl: number;
  /** Whether a process ends in order, or at once. */
  readonly crashes: boolean;
}

const position = /([A-Za-z0-9]+)\/(\d+)/g;
const text = ({ offset, epoch }: Position) => `${epoch}/${offset}`;
const payloadOf = ({ data }: Publication) => (data.kind === "json" ? data.json : data.kind);
const list = (publications: readonly Publication[]) => publications.map((one) => `${one.offset}:${payloadOf(one)}`);

/** One run of steps through a broker and its model, which write down all that could be seen. */
export class ModelRun {
  readonly #options: RunOptions;
  readonly #model: BrokerModel;
  readonly #history: HistoryOptions;
  #incarnation: Incarnation;
  #log: string[] = [];
  #values = 0;

  constructor(options: RunOptions, first: Incarnation) {
    this.#options = options;
    this.#history = kept(options.engine, options);
    this.#model = new BrokerModel({ ...options, grouped: options.engine === "sqlite" });
    this.#incarnation = first;
    this.#listen();
  }

  /** What both have said so far, with the epochs named in the order in which they came up. */
  get logs(): { broker: string[]; model: string[] } {
    return { broker: normalized(this.#log), model: normalized(this.#model.log) };
  }

  take(step: Step): void {
    switch (step.step) {
      case "publish":
        this.#publish(step);
        break;
      case "burst":
        for (let n = 0; n < step.count; n++) {
          this.#publish({ channel: step.channel, isKept: true, key: null, version: 0, versionEpoch: "" });
        }
        break;
      case "join":
        this.#join(step);
        break;
      case "history":
        this.#page(step);
        break;
      case "remove":
        this.#remove(step.channel);
        break;
      case "top":
        this.#top(step.channel);
        break;
      default:
        this.#happen(step);
        break;
    }
  }

  close(): void {
    this.#fail(false);
    void this.#incarnation.fixture.broker.close();
    this.#model.flush();
  }

  get #broker() {
    return this.#incarnation.fixture.broker;
  }

  #happen(step: Extract<Step, { step: "advance" | "endTurn" | "sweep" | "restart" | "fail" }>): void {
    switch (step.step) {
      case "advance":
        this.#incarnation.fixture.clock.advance(step.ms);
        this.#model.now += step.ms;
        break;
      case "endTurn":
        this.#incarnation.fixture.endTurn();
        this.#model.flush();
        break;
      case "sweep":
        this.#broker.sweep();
        break;
      case "fail":
        this.#fail(step.failing);
        break;
      case "restart":
        this.#restart();
        break;
    }
  }

  #publish(draft: Omit<Extract<Step, { step: "publish" }>, "step">): void {
    const { channel, isKept, key, version, versionEpoch } = draft;
    const value = ++this.#values;
    const history = isKept ? this.#history : null;
    const log = this.#log;
    const done = (outcome: Outcome) =>
      log.push(`done ${outcome.ok ? text(outcome.value) : `error ${outcome.error.code}`}`);
    const rest = { history, version, versionEpoch, ...(key === null ? {} : { idempotencyKey: key }) };
    this.#broker.publish(draftOf(channel, value, rest), done);
    this.#model.publish({ ...draft, value });
  }

  #join({ channel, position, isCache, publicationsMax }: Extract<Step, { step: "join" }>): void {
    const [real, modelled] = this.#positions(position);
    const rest = { publicationsMax, bytesMax: 1e6, mode: isCache ? "cache" : "stream" } as const;
    const since = real === null ? null : { position: real, ...rest };
    this.#broker.join(channel, this.#history, since, (joined) => {
      if (joined === null) return this.#log.push("not joined");
      const { position, publications, recovered } = joined;
      const missed = recovered ? `recovered ${list(publications)}` : "nothing";
      return this.#log.push(`joined ${text(position)} ${publications.length > 0 && !recovered ? "unproven" : missed}`);
    });
    this.#model.join(channel, modelled === null ? null : { ...modelled, isCache, publicationsMax });
  }

  #remove(channel: string): void {
    const log = this.#log;
    this.#broker.historyRemove(channel, this.#history, (error) =>
      log.push(error === null ? "removed" : `removed error ${error.code}`),
    );
    this.#model.remove(channel);
  }

  #top(channel: string): void {
    const top = this.#broker.top(channel, this.#history);
    this.#log.push(`top ${top === null ? "none" : text(top)}`);
    this.#model.top(channel);
  }

  #page({ channel, position, limit, reverse }: Extract<Step, { step: "history" }>): void {
    const [real, modelled] = this.#positions(position);
    this.#broker.history(channel, this.#history, { limit, since: real, reverse }, (outcome) =>
      this.#log.push(
        outcome.ok
          ? `history ${text(outcome.value.position)} ${list(outcome.value.publications)}`
          : `history error ${outcome.error.code}`,
      ),
    );
    this.#model.history(channel, { limit, since: modelled, reverse });
  }

  /** The same position, as the broker told it and as the model did. */
  #positions(asked: Extract<Step, { step: "join" }>["position"]): [Position | null, Position | null] {
    const [real, modelled] = [positionsIn(this.#log), positionsIn(this.#model.log)];
    if (asked === null || real.length === 0) return [null, null];
    const pick = (told: Position[]): Position | null => {
      const one = told.at(-1 - (asked.told % told.length));
      return one === undefined ? null : { offset: one.offset + asked.beyond, epoch: asked.named ? one.epoch : "" };
    };
    return [pick(real), pick(modelled)];
  }

  #fail(failing: boolean): void {
    if (this.#incarnation.fail === undefined) return;
    this.#incarnation.fail(failing);
    this.#model.failing = failing;
  }

  #restart(): void {
    if (this.#incarnation.restart === undefined) return;
    this.#fail(false);
    const mute = () => {
      this.#log = [...this.#log];
    };
    this.#incarnation = this.#incarnation.restart(this.#options.crashes ? mute : null);
    this.#model.restart(!this.#options.crashes);
    this.#listen();
  }

  #listen(): void {
    const log = this.#log;
    this.#incarnation.fixture.onDeliver = ({ channel, publication }) =>
      log.push(`deliver ${channel} ${text(publication)} ${payloadOf(publication)}`);
  }
}

function positionsIn(log: readonly string[]): Position[] {
  return log.flatMap((line) =>
    [...line.matchAll(position)].map(([, epoch, offset]) => ({ epoch: epoch ?? "", offset: Number(offset) })),
  );
}

function normalized(log: readonly string[]): string[] {
  const names = new Map<string, string>();
  return log.map((line) =>
    line.replace(position, (_, epoch: string, offset: string) => {
      const name = names.get(epoch) ?? `#${names.size + 1}`;
      names.set(epoch, name);
      return `${name}/${offset}`;
    }),
  );
}
