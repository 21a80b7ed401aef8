import type { HistoryOptions } from "../../../src/broker/broker.ts";
import type { Appended, Engine, EngineEvents, Entry, Range, StreamRead } from "../../../src/broker/remote/engine.ts";
import { errors } from "../../../src/core/errors.ts";
import type { Position } from "../../../src/core/publication.ts";
import type { SeededRandom } from "../../support/random.ts";
import type { SimulatedServer } from "./simulated-server.ts";

/** Decides, by its seed, which connection goes on next; each is in its own order. */
export class Scheduler {
  readonly #random: SeededRandom;
  readonly #lanes: (() => void)[][] = [];

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** A connection, or a direction of it. */
  lane(): (() => void)[] {
    const lane: (() => void)[] = [];
    this.#lanes.push(lane);
    return lane;
  }

  /** Lets one connection go on by one step. False: there is nothing to do. */
  step(): boolean {
    const busy = this.#lanes.filter((lane) => lane.length > 0);
    const lane = busy[this.#random.int(Math.max(busy.length, 1))];
    lane?.shift()?.();
    return lane !== undefined;
  }
}

interface Request {
  /** Is executed at the server; what it gives is the answer. */
  readonly run: () => () => void;
  readonly failed: () => void;
}

/** The engine of one node: two connections to a simulated server, each with a way there and a way back. */
export class SimulatedEngine implements Engine {
  readonly #server: SimulatedServer;
  readonly #events: EngineEvents;
  /** Commands on their way, what was answered, and what failed. */
  readonly #commands: (() => void)[];
  readonly #answers: (() => void)[];
  readonly #failures: (() => void)[];
  readonly #pending = new Set<Request>();
  /** Subscribes on their way, and what comes back on that connection. */
  readonly #subscribes: (() => void)[];
  readonly #messages: (() => void)[];
  readonly #resumes: (() => void)[];
  readonly #pendingSubscribes = new Set<() => void>();
  readonly #channels = new Set<string>();

  constructor(server: SimulatedServer, scheduler: Scheduler, events: EngineEvents) {
    this.#server = server;
    this.#events = events;
    this.#commands = scheduler.lane();
    this.#answers = scheduler.lane();
    this.#failures = scheduler.lane();
    this.#subscribes = scheduler.lane();
    this.#messages = scheduler.lane();
    this.#resumes = scheduler.lane();
    server.listeners.add((channel, message) => {
      if (this.#channels.has(channel)) this.#messages.push(() => this.#events.message(channel, message));
    });
  }

  append(entries: readonly Entry[], done: (answers: readonly Appended[]) => void): void {
    const error = { error: errors.internal };
    this.#ask(
      () => entries.map((entry) => this.#server.append(entry)),
      done,
      () => done(entries.map(() => error)),
    );
  }

  read(channel: string, options: HistoryOptions, range: Range, done: (read: StreamRead | null) => void): void {
    this.#ask(
      () => this.#server.read(channel, options, range),
      done,
      () => done(null),
    );
  }

  tops(channels: readonly string[], done: (tops: readonly (Position | null)[] | null) => void): void {
    this.#ask(
      () => channels.map((channel) => this.#server.top(channel)),
      done,
      () => done(null),
    );
  }

  remove(channel: string, notice: string, done: (isDone: boolean) => void): void {
    this.#ask(
      () => this.#server.remove(channel, notice),
      () => done(true),
      () => done(false),
    );
  }

  renew(channel: string, epoch: string, done: (isDone: boolean) => void): void {
    this.#ask(
      () => this.#server.renew(channel, epoch),
      () => done(true),
      () => done(false),
    );
  }

  subscribe(channels: readonly string[], done: (hears: readonly boolean[]) => void): void {
    const failed = () => done(channels.map(() => false));
    this.#pendingSubscribes.add(failed);
    this.#subscribes.push(() => {
      for (const channel of channels) this.#channels.add(channel);
      this.#messages.push(() => {
        this.#pendingSubscribes.delete(failed);
        done(channels.map(() => true));
      });
    });
  }

  unsubscribe(channels: readonly string[]): void {
    this.#subscribes.push(() => {
      for (const channel of channels) this.#channels.delete(channel);
    });
  }

  /** The command connection is cut: what is on its way is executed or not, and nothing of it is answered. */
  cutCommands(): void {
    this.#commands.length = 0;
    this.#answers.length = 0;
    const failed = [...this.#pending];
    this.#pending.clear();
    for (const request of failed) this.#failures.push(request.failed);
  }

  /** The connection of messages is cut, and comes back later. */
  cutMessages(): void {
    this.#subscribes.length = 0;
    this.#messages.length = 0;
    this.#channels.clear();
    const failed = [...this.#pendingSubscribes];
    this.#pendingSubscribes.clear();
    this.#resumes.push(() => {
      for (const each of failed) each();
      this.#events.resumed();
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #ask<Value>(run: () => Value, done: (value: Value) => void, failed: () => void): void {
    const request: Request = {
      run: () => {
        const value = run();
        return () => done(value);
      },
      failed,
    };
    this.#pending.add(request);
    this.#commands.push(() => {
      const answer = request.run();
      this.#answers.push(() => {
        this.#pending.delete(request);
        answer();
      });
    });
  }
}
