import { afterEach, beforeEach } from "bun:test";
import type { Draft, HistoryOptions, HistoryOutcome, Joined, Outcome, Since } from "../../src/broker/broker.ts";
import type { LocalBroker } from "../../src/broker/local.ts";
import type { Position } from "../../src/core/publication.ts";
import {
  type BrokerFixture,
  type ContractBroker,
  draftOf,
  type Engine,
  history,
  joined,
  kept,
  publish,
  published,
  removed,
} from "../broker/fixture.ts";

/** What the parts of the broker's contract share: a new broker for each test. */
export class BrokerSuite<Kind extends ContractBroker = ContractBroker> {
  readonly options: HistoryOptions;
  #fixture: BrokerFixture<Kind> | null = null;

  constructor(engine: Engine, create: () => BrokerFixture<Kind>) {
    this.options = kept(engine);
    beforeEach(() => {
      this.#fixture = create();
    });
    afterEach(() => {
      this.settle();
      return this.broker.close();
    });
  }

  get fixture(): BrokerFixture<Kind> {
    if (this.#fixture === null) throw new Error("There is a broker only within a test.");
    return this.#fixture;
  }

  get broker(): Kind {
    return this.fixture.broker;
  }

  /** Lets turns of the event loop pass until everything that was asked is answered. */
  settle = (): void => {
    for (let turns = 0; !this.broker.flush(); turns++) {
      if (turns > 10_000) throw new Error("The broker does not answer.");
      this.fixture.endTurn();
    }
  };

  publish = (draft: Draft): Outcome => publish(this.broker, draft, this.settle);

  published = (draft: Draft): Position => published(this.broker, draft, this.settle);

  /** Joins when it can. */
  join(...[channel, options, since, attach]: Parameters<ContractBroker["join"]>): void {
    const join = () => this.broker.join(channel, options, since, attach);
    if (this.broker.prepare([{ channel, options, since }], join)) join();
  }

  joined = (channel: string, options: HistoryOptions | null, since: Since | null = null): Joined =>
    joined(this.broker, channel, options, since, this.settle);

  history = (
    channel: string,
    options: HistoryOptions,
    filter: Partial<Parameters<ContractBroker["history"]>[2]> = {},
  ): HistoryOutcome => history(this.broker, channel, options, filter, this.settle);

  removed = (channel: string, options: HistoryOptions): unknown => removed(this.broker, channel, options, this.settle);

  /** A draft that is kept by this suite's engine. */
  draft(channel: string, value: unknown, rest: Partial<Draft> = {}): Draft {
    return draftOf(channel, value, { history: this.options, ...rest });
  }

  keyed(channel: string, value: unknown, rest: Partial<Draft> = {}): Draft {
    return this.draft(channel, value, { idempotencyKey: "k", ...rest });
  }

  /** Publishes 1 to `count`, and gives the position of the last. */
  fill(channel: string, count: number, history = this.options): Position {
    let position = { offset: 0, epoch: "" };
    for (let n = 1; n <= count; n++) position = this.published(this.draft(channel, n, { history }));
    return position;
  }
}

export type LocalBrokerSuite = BrokerSuite<LocalBroker>;
