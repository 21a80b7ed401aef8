import { type ClientError, errors } from "../../core/errors.ts";
import type { Position } from "../../core/publication.ts";
import type {
  Broker,
  Draft,
  HistoryFilter,
  HistoryOptions,
  HistoryOutcome,
  Joined,
  Outcome,
  Since,
  Wish,
} from "../broker.ts";
import { Delivery } from "../delivery.ts";
import { recover } from "../local/recovery.ts";
import { type LocalBrokerCounts, Report } from "../local/report.ts";
import type { Arrival } from "./arrival.ts";
import type { Engine, Message, StreamRead } from "./engine.ts";
import { pageOf, rangeOf } from "./history.ts";
import { InTime } from "./in-time.ts";
import type { RemoteBrokerCounts, RemoteBrokerParts } from "./parts.ts";
import { type Publish, Publishes } from "./publishes.ts";
import { Rooms } from "./rooms.ts";
import { TurnGroup } from "./turn-group.ts";
import { decodeBody, removedNotice } from "./wire.ts";

const nowhere: Position = { offset: 0, epoch: "" };
const notJoined: Joined = { position: nowhere, publications: [], recovered: false };
const unknown = { ok: false, error: errors.internal } as const satisfies Outcome;

/**
 * A broker over an engine that several nodes share. A channel that this node hears has a feed, which delivers each
 * publication once, by its offset, and repairs gaps; publishes of one turn go to the engine in one call.
 */
export class RemoteBroker implements Broker {
  /** What was counted of the engine since it was built. */
  readonly engineCounts: RemoteBrokerCounts = { repairs: 0, lost: 0, ringHits: 0, unreadable: 0, failures: 0 };
  readonly #report: Report;
  readonly #parts: RemoteBrokerParts;
  readonly #delivery: Delivery;
  readonly #engine: Engine;
  readonly #rooms: Rooms;
  readonly #publishes: Publishes;
  readonly #group: TurnGroup<Publish>;
  /** Publishes, histories and removals that are not answered. */
  readonly #inTime: InTime;
  #quiet: (() => void) | null = null;

  constructor(parts: RemoteBrokerParts) {
    this.#parts = parts;
    this.#report = new Report(parts.clock, parts.log);
    this.#delivery = new Delivery(parts.events, this.#report);
    this.#group = new TurnGroup(parts.schedule, {
      send: (group) => this.#send(group),
      ended: () => this.#rooms.subscribe(),
    });
    this.#inTime = new InTime(parts.answerMs);
    this.#publishes = new Publishes({
      prefix: parts.random.epoch(),
      delivery: this.#delivery,
      inTime: this.#inTime,
      counts: this.engineCounts,
      roomOf: (channel) => this.#rooms.get(channel),
      now: () => this.#now,
      late: () => this.#checkQuiet(),
    });
    this.#engine = parts.open({
      message: (channel, message) => this.#heard(channel, message),
      resumed: (isMeant) => this.#rooms.resume(isMeant),
    });
    this.#rooms = new Rooms(this.#engine, {
      clock: parts.clock,
      log: parts.log,
      counts: this.engineCounts,
      deliver: (channel, arrival) => this.#deliver(channel, arrival),
      settled: ({ id }) => this.#publishes.settle(id),
      lost: (channel, epoch) => parts.events.lost(channel, epoch),
      schedule: () => this.#group.schedule(),
      ready: (channel, ready) => {
        this.#delivery.answer(channel, ready, undefined);
        this.#checkQuiet();
      },
    });
  }

  get counts(): Readonly<LocalBrokerCounts> {
    return this.#report.counts;
  }

  /** Channels that this node hears. */
  get feeds(): number {
    return this.#rooms.size;
  }

  publish(draft: Draft, done: ((outcome: Outcome) => void) | null): void {
    this.#group.add(this.#publishes.begin(draft, done));
  }

  prepare(wishes: readonly Wish[], ready: () => void): boolean {
    const isReady = this.#rooms.prepare(wishes, ready);
    if (isReady) this.engineCounts.ringHits += wishes.length;
    return isReady;
  }

  join(
    channel: string,
    options: HistoryOptions | null,
    since: Since | null,
    attach: (joined: Joined | null, error?: ClientError) => void,
  ): void {
    if (this.#delivery.postpone(() => this.join(channel, options, since, attach))) return;
    const ring = this.#rooms.join(channel, options, since);
    const joined = ring === null ? null : ring === "unread" ? notJoined : recover(ring, since);
    this.#delivery.answer(channel, attach, joined);
  }

  leave(channel: string): void {
    this.#rooms.leave(channel);
  }

  history(
    channel: string,
    options: HistoryOptions,
    filter: HistoryFilter,
    done: (outcome: HistoryOutcome) => void,
  ): void {
    // Backwards from the very beginning there is nothing that could be meant (Centrifugo's answer).
    if (filter.reverse && filter.since?.offset === 0) {
      this.#delivery.answer(channel, done, { ok: false, error: errors.badRequest });
      return;
    }
    const answer = this.#ask<StreamRead>((read) =>
      this.#delivery.answer(channel, done, read === null ? unknown : pageOf(read, filter)),
    );
    this.#engine.read(channel, options, rangeOf(filter), answer);
  }

  historyRemove(channel: string, _options: HistoryOptions, done: (error: ClientError | null) => void): void {
    const answer = this.#ask<true>((isDone) => this.#delivery.answer(channel, done, isDone ? null : errors.internal));
    this.#engine.remove(channel, removedNotice, (isDone) => {
      if (isDone) this.#rooms.get(channel)?.feed.removed();
      answer(isDone || null);
    });
  }

  top(channel: string, _options: HistoryOptions): Position | null {
    return this.#rooms.top(channel);
  }

  /** What waits goes with the end of this turn: to send it before would only make its group smaller. */
  flush(): boolean {
    return this.#isQuiet;
  }

  /** To be called every 50 ms: answers what waits for too long. */
  tick(): void {
    this.#inTime.tick(this.#now);
  }

  /** To be called about once a second: leaves channels, compares silent ones, repeats what was not answered. */
  sweep(): void {
    this.#publishes.sweep();
    this.#rooms.sweep();
  }

  async close(): Promise<void> {
    this.#group.end();
    if (!this.#isQuiet) await new Promise<void>((resolve) => (this.#quiet = resolve));
    await this.#engine.close();
  }

  get #now(): number {
    return this.#parts.clock.monotonic();
  }

  get #isQuiet(): boolean {
    return this.#inTime.size === 0 && this.#rooms.waiting === 0;
  }

  #checkQuiet(): void {
    if (this.#quiet !== null && this.#isQuiet) this.#quiet();
  }

  #send(group: readonly Publish[]): void {
    this.#engine.append(
      group.map(({ entry }) => entry),
      (answers) => {
        for (const [index, publish] of group.entries()) {
          this.#publishes.answered(publish, answers[index] ?? { error: errors.internal });
        }
        this.#checkQuiet();
      },
    );
  }

  #heard(channel: string, message: Message): void {
    const room = this.#rooms.get(channel);
    if (!room) return;
    room.heardAt = this.#now;
    if (this.#publishes.heard(room, message)) {
      this.#checkQuiet();
      return;
    }
    const told = decodeBody(message.body, message);
    if (told === null) {
      this.engineCounts.unreadable += 1;
      return;
    }
    if (told.type === "removed") {
      room.feed.removed();
      return;
    }
    if (told.type !== "publication") {
      this.#parts.announce({ type: told.type, channel, info: told.info });
      return;
    }
    // What is not kept was delivered with its answer, and has been forgotten since.
    if (message.offset === 0 && this.#publishes.isOwn(told.id)) return;
    room.feed.arrived(told, this.#now);
  }

  #deliver(channel: string, arrival: Arrival): void {
    if (this.#publishes.deliver(arrival)) return;
    const { excludeClient, publication } = arrival;
    this.#delivery.handOn(channel, publication, excludeClient === "" ? null : this.#parts.socketOf(excludeClient));
  }

  /** What was published before is sent first. */
  #ask<Answer>(done: (answer: Answer | null) => void): (answer: Answer | null) => void {
    this.#group.send();
    return this.#inTime.ask<Answer>(this.#now, (answer) => {
      if (answer === null) this.engineCounts.failures += 1;
      done(answer);
      this.#checkQuiet();
    });
  }
}
