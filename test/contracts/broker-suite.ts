import { afterEach, beforeEach } from "bun:test";
import type { Draft, HistoryOptions } from "../../src/broker/broker.ts";
import type { LocalBroker } from "../../src/broker/local.ts";
import type { Position } from "../../src/core/publication.ts";
import { type BrokerFixture, draftOf, type Engine, kept, published } from "../broker/fixture.ts";

/** What the parts of the broker's contract share: a new broker for each test. */
export class BrokerSuite {
  readonly options: HistoryOptions;
  #fixture: BrokerFixture | null = null;

  constructor(engine: Engine, create: () => BrokerFixture) {
    this.options = kept(engine);
    beforeEach(() => {
      this.#fixture = create();
    });
    afterEach(() => this.broker.close());
  }

  get fixture(): BrokerFixture {
    if (this.#fixture === null) throw new Error("There is a broker only within a test.");
    return this.#fixture;
  }

  get broker(): LocalBroker {
    return this.fixture.broker;
  }

  /** A draft that is kept by this suite's engine. */
  draft(channel: string, value: unknown, rest: Partial<Draft> = {}): Draft {
    return draftOf(channel, value, { history: this.options, ...rest });
  }

  /** Publishes 1 to `count`, and gives the position of the last. */
  fill(channel: string, count: number, history = this.options): Position {
    let position = { offset: 0, epoch: "" };
    for (let n = 1; n <= count; n++) position = published(this.broker, this.draft(channel, n, { history }));
    return position;
  }
}
