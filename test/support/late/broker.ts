import type {
  Broker,
  BrokerEvents,
  Draft,
  HistoryFilter,
  HistoryOptions,
  HistoryOutcome,
  HistoryPage,
  Joined,
  Outcome,
  Since,
  Wish,
} from "../../../src/broker/broker.ts";
import { Delivery } from "../../../src/broker/delivery.ts";
import { recover } from "../../../src/broker/local/recovery.ts";
import { Report } from "../../../src/broker/local/report.ts";
import type { Clock } from "../../../src/core/clock.ts";
import type { ClientError } from "../../../src/core/errors.ts";
import type { Log } from "../../../src/core/log.ts";
import type { Position, Publication } from "../../../src/core/publication.ts";
import type { Socket } from "../../../src/core/socket.ts";
import type { SeededRandom } from "../random.ts";
import { Feed } from "./feed.ts";
import { Losses } from "./loss.ts";
import { Turns } from "./turns.ts";

/** How a late broker behaves. */
export interface LateOptions {
  readonly random: SeededRandom;
  readonly clock: Clock;
  readonly log: Log;
  /** Runs a task in the next turn of the event loop. */
  schedule(task: () => void): void;
  /** Of a thousand publishes so many lose the stream of their channel before. */
  readonly lossesPerMille?: number;
  /** What was lost before, with an engine that outlives its node. */
  readonly losses?: Losses;
  /** Called when the node hears of a loss. */
  onLost?(channel: string): void;
  /** Delivers channels without a subscriber too. */
  readonly hearsAll?: boolean;
}

const nowhere: Joined = { position: { offset: 0, epoch: "" }, publications: [], recovered: false };

/**
 * A broker over another one, its engine, that is far away: everything is asked and answered after a random number of
 * turns, in order within a channel and in any order between channels. It delivers what its node has joined. It may lose
 * streams. A node that works with it works with every remote broker.
 */
export class LateBroker implements Broker {
  readonly #options: LateOptions;
  readonly #turns: Turns;
  readonly #report: Report;
  readonly #feeds = new Map<string, Feed>();
  readonly #losses: Losses;
  #engine: Broker | null = null;
  #delivery: Delivery;
  #node: BrokerEvents = { deliver: () => {}, lost: () => {} };
  /** What the engine has just delivered, and whose answer comes next. */
  #arriving: { readonly channel: string; readonly steps: (() => void)[] } | null = null;

  constructor(options: LateOptions) {
    this.#options = options;
    this.#turns = new Turns(options.random, options.schedule);
    this.#losses = options.losses ?? new Losses();
    this.#report = new Report(options.clock, options.log);
    this.#delivery = new Delivery(this.#node, this.#report);
  }

  get counts(): Report["counts"] {
    return this.#report.counts;
  }

  quiet(): Promise<void> {
    return this.#turns.quiet();
  }

  /** What the engine is to be given, for the events of the node. */
  intercept(node: BrokerEvents): BrokerEvents {
    this.#node = node;
    this.#delivery = new Delivery(node, this.#report);
    return {
      deliver: (channel, publication, exclude) => this.#send(channel, publication, exclude),
      // What begins is reported by the delivery of its first publication.
      lost: () => {},
    };
  }

  over(engine: Broker): this {
    this.#engine = engine;
    return this;
  }

  publish(draft: Draft, done: ((outcome: Outcome) => void) | null): void {
    const { channel, history } = draft;
    this.#ask(channel, (engine) => {
      if (history && this.#options.random.int(1_000) < (this.#options.lossesPerMille ?? 0))
        this.#lose(channel, history);
      engine.publish(draft, (outcome) => this.#answerPublish(channel, outcome, done));
    });
  }

  prepare(wishes: readonly Wish[], ready: () => void): boolean {
    let missing = wishes.length;
    if (missing === 0) return true;
    for (const wish of wishes) {
      this.#feedOf(wish.channel).pins += 1;
      this.#open(wish, () => {
        missing -= 1;
        if (missing === 0) this.#ready(wishes, ready);
      });
    }
    return false;
  }

  join(
    channel: string,
    options: HistoryOptions | null,
    since: Since | null,
    attach: (joined: Joined | null) => void,
  ): void {
    if (this.#delivery.postpone(() => this.join(channel, options, since, attach))) return;
    const feed = this.#feeds.get(channel);
    const isPrepared = feed !== undefined && (options === null || feed.isKnown(this.#now));
    if (isPrepared) feed.isJoined = true;
    this.#delivery.answer(channel, attach, isPrepared ? (options === null ? nowhere : recover(feed, since)) : null);
  }

  leave(channel: string): void {
    const feed = this.#feeds.get(channel);
    if (!feed) return;
    feed.isJoined = false;
    this.#close(channel, feed);
  }

  history(
    channel: string,
    options: HistoryOptions,
    filter: HistoryFilter,
    done: (outcome: HistoryOutcome) => void,
  ): void {
    this.#ask(channel, (engine) => {
      const since = this.#losses.asked(channel, filter.since);
      engine.history(channel, options, { ...filter, since }, (outcome) => {
        const seen = this.#losses.outcome(channel, outcome);
        this.#answer(channel, () => this.#delivery.answer(channel, done, seen));
      });
    });
  }

  historyRemove(channel: string, options: HistoryOptions, done: (error: ClientError | null) => void): void {
    this.#ask(channel, (engine) =>
      engine.historyRemove(channel, options, (error) =>
        this.#answer(channel, () => {
          this.#feeds.get(channel)?.clear();
          this.#delivery.answer(channel, done, error);
        }),
      ),
    );
  }

  top(channel: string, _options: HistoryOptions): Position | null {
    const feed = this.#feeds.get(channel);
    return feed?.isKnown(this.#now) ? { offset: feed.top, epoch: feed.epoch } : null;
  }

  flush(): boolean {
    this.#engine?.flush();
    return this.#turns.isIdle;
  }

  async close(): Promise<void> {
    while (!this.flush()) await this.quiet();
    await this.#engine?.close();
  }

  get #now(): number {
    return this.#options.clock.monotonic();
  }

  /** Does something at the engine, after what was asked of the channel before. */
  #ask(channel: string, task: (engine: Broker) => void): void {
    this.#turns.add(`> ${channel}`, () => this.#engine && task(this.#engine));
  }

  /** Does something at the node, after what the engine has said of the channel before. */
  #answer(channel: string, task: () => void): void {
    this.#arriving = null;
    this.#turns.add(`< ${channel}`, task);
  }

  #send(channel: string, publication: Publication, exclude: Socket | null): void {
    const seen = this.#losses.publication(channel, publication);
    const steps = [() => this.#arrive(channel, seen, exclude)];
    this.#answer(channel, () => {
      for (const step of steps) step();
    });
    this.#arriving = { channel, steps };
  }

  /** The answer to a publish goes with its publication, where that was delivered. */
  #answerPublish(channel: string, outcome: Outcome, done: ((outcome: Outcome) => void) | null): void {
    const seen = outcome.ok ? ({ ok: true, value: this.#losses.position(channel, outcome.value) } as const) : outcome;
    const answer = () => this.#delivery.answer(channel, done, seen);
    if (this.#arriving?.channel === channel) this.#arriving.steps.push(answer);
    else this.#answer(channel, answer);
    this.#arriving = null;
  }

  #arrive(channel: string, publication: Publication, exclude: Socket | null): void {
    const feed = this.#feeds.get(channel);
    if (!feed && !this.#options.hearsAll) return;
    feed?.append(publication, this.#now);
    this.#delivery.handOn(channel, publication, exclude);
  }

  #open({ channel, options }: Wish, opened: () => void): void {
    this.#ask(channel, (engine) => {
      if (options === null) {
        this.#answer(channel, opened);
        return;
      }
      engine.history(channel, options, { limit: -1, since: null, reverse: false }, (outcome) => {
        const seen = this.#losses.outcome(channel, outcome);
        this.#answer(channel, () => {
          if (seen.ok) this.#fill(channel, options, seen.value);
          opened();
        });
      });
    });
  }

  /** The feed is at this moment where the engine was when it was read: what came after is on its way. */
  #fill(channel: string, options: HistoryOptions, { position, publications }: HistoryPage): void {
    const feed = this.#feedOf(channel);
    const hasChanged = feed.epoch !== "" && feed.epoch !== position.epoch;
    feed.fill(position, publications, options);
    feed.touch(this.#now);
    if (hasChanged) this.#node.lost(channel, position.epoch);
  }

  #ready(wishes: readonly Wish[], ready: () => void): void {
    ready();
    for (const { channel } of wishes) {
      const feed = this.#feedOf(channel);
      feed.pins -= 1;
      this.#close(channel, feed);
    }
  }

  #lose(channel: string, options: HistoryOptions): void {
    const engine = this.#engine;
    engine?.flush();
    const top = engine?.top(channel, options);
    if (!engine || !top || top.offset === 0) return;
    const epoch = this.#options.random.epoch();
    engine.historyRemove(channel, options, (error) => {
      if (error) return;
      this.#losses.lose(channel, top, epoch);
      this.#answer(channel, () => {
        this.#options.onLost?.(channel);
        this.#feeds.get(channel)?.begin(epoch);
        this.#node.lost(channel, epoch);
      });
    });
  }

  #feedOf(channel: string): Feed {
    const feed = this.#feeds.get(channel) ?? new Feed();
    this.#feeds.set(channel, feed);
    return feed;
  }

  #close(channel: string, feed: Feed): void {
    if (!feed.isJoined && feed.pins === 0) this.#feeds.delete(channel);
  }
}
