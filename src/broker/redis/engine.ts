import type { Redis } from "ioredis";
import type { ClusterBus, ClusterBusEvents } from "../../cluster/bus.ts";
import type { Clock } from "../../core/clock.ts";
import { errors } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Position } from "../../core/publication.ts";
import type { Random } from "../../core/random.ts";
import { ThrottledLog } from "../../core/throttled-log.ts";
import type { Timers } from "../../core/timers.ts";
import type { HistoryOptions } from "../broker.ts";
import { idempotencyMs } from "../local/idempotency.ts";
import type { Appended, Engine, EngineEvents, Entry, Range, StreamRead } from "../remote/engine.ts";
import { appendedOf, messageOf, readOf, topsOf } from "./answers.ts";
import { RedisBus } from "./bus.ts";
import { Commands, type ScriptCaller } from "./commands.ts";
import { connect } from "./connections.ts";
import { Keys } from "./keys.ts";
import type { RedisOptions } from "./options.ts";
import { Probe } from "./probe.ts";
import type { Script } from "./script.ts";
import * as scripts from "./scripts.ts";

/** What an engine works with. */
export interface RedisEnginePorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  /** Is told how long each call took, in milliseconds. */
  readonly durations: { observe(milliseconds: number): void };
}

/** What can be seen of the engine. */
export interface RedisState {
  readonly isUp: boolean;
  /** Milliseconds since both connections have answered; infinity before the first time. */
  readonly probeAge: number;
  readonly calls: number;
  readonly errors: number;
}

/**
 * Redis or Valkey: one connection for commands, on which every step of a channel is a script, and one for messages. Both
 * come back by themselves; what was not answered on the one fails, and what may be missing on the other is told.
 */
export class RedisEngine implements Engine, ClusterBus {
  readonly #options: RedisOptions;
  readonly #random: Random;
  readonly #events: EngineEvents;
  readonly #keys: Keys;
  readonly #commandConnection: Redis;
  readonly #messageConnection: Redis;
  readonly #commands: Commands;
  readonly #probe: Probe;
  readonly #bus: RedisBus;
  #taught: readonly Script[] = [];
  /** Channels by the name that their messages come under. */
  readonly #channels = new Map<string, string>();

  constructor(
    options: RedisOptions,
    events: EngineEvents,
    { clock, timers, random, log, durations }: RedisEnginePorts,
  ) {
    this.#options = options;
    this.#random = random;
    this.#events = events;
    this.#keys = new Keys(options.prefix);
    const failures = new ThrottledLog("engine.failed", { clock, log });
    const failed = (error: unknown) => failures.add({ error: String(error) });
    this.#commandConnection = connect(options, "commands", random);
    this.#messageConnection = connect(options, "messages", random);
    this.#commands = new Commands(this.#commandConnection, { clock, durations, failed });
    this.#probe = new Probe(
      this.#commandConnection,
      this.#messageConnection,
      `${options.prefix}:probe:${random.uuid()}`,
      { clock, timers, silent: () => log.warn("engine.silent", { age: Math.round(this.#probe.age) }) },
    );
    this.#bus = new RedisBus(this.#commandConnection, this.#messageConnection, `${options.prefix}:control`);
    for (const connection of [this.#commandConnection, this.#messageConnection]) connection.on("error", failed);
    this.#commandConnection.on("ready", () => {
      this.#commands.load([...Object.values(scripts), ...this.#taught]);
      // It may be another server, on which streams stand elsewhere.
      events.resumed();
    });
    this.#messageConnection.on("ready", () => {
      log.info("engine.connected", {});
      void this.#probe.listen();
      this.#bus.subscribe();
      events.resumed();
    });
    this.#messageConnection.on("message", (name: string, text: string) => this.#heard(name, text));
  }

  get state(): RedisState {
    return { isUp: this.#probe.isUp, probeAge: this.#probe.age, ...this.#commands.counts };
  }

  /** Calls scripts of another room, which a new server is taught too. */
  callerOf(others: readonly Script[]): ScriptCaller {
    this.#taught = [...this.#taught, ...others];
    if (this.#commandConnection.status === "ready") this.#commands.load(others);
    return this.#commands;
  }

  broadcast(text: string): void {
    this.#bus.broadcast(text);
  }

  send(node: string, text: string): void {
    this.#bus.send(node, text);
  }

  listen(node: string, events: ClusterBusEvents): void {
    this.#bus.listen(node, events);
  }

  append(entries: readonly Entry[], done: (answers: readonly Appended[]) => void): void {
    const keys = entries.flatMap(({ channel, key }) => [
      this.#keys.stream(channel),
      this.#keys.meta(channel),
      this.#keys.result(channel, key),
    ]);
    const args = entries.flatMap(({ channel, body, history, key, version, versionEpoch }) => [
      this.#keys.messages(channel),
      body,
      history?.size ?? 0,
      history?.ttl ?? 0,
      history?.metaTtl ?? 0,
      key === "" ? 0 : idempotencyMs,
      version,
      versionEpoch,
      this.#random.epoch(),
    ]);
    this.#commands.call(scripts.append, keys, [this.#options.generation, ...args], (answer) => {
      const appended = answer === null ? null : appendedOf(answer);
      done(appended ?? entries.map(() => ({ error: errors.internal })));
    });
  }

  read(channel: string, options: HistoryOptions, range: Range, done: (read: StreamRead | null) => void): void {
    const { epoch, from, to, limit, reverse } = range;
    const isNothing = from === Number.POSITIVE_INFINITY || limit === 0;
    const args = [
      this.#options.generation,
      options.metaTtl,
      this.#random.epoch(),
      epoch,
      isNothing ? "" : from,
      to ?? "",
      limit ?? "",
      reverse ? 1 : 0,
    ];
    const keys = [this.#keys.stream(channel), this.#keys.meta(channel)];
    this.#commands.call(scripts.read, keys, args, (answer) => done(answer === null ? null : readOf(answer)));
  }

  tops(channels: readonly string[], done: (tops: readonly (Position | null)[] | null) => void): void {
    const keys = channels.map((channel) => this.#keys.meta(channel));
    this.#commands.call(scripts.tops, keys, [this.#options.generation], (answer) =>
      done(answer === null ? null : topsOf(answer)),
    );
  }

  remove(channel: string, notice: string, done: (isDone: boolean) => void): void {
    const keys = [this.#keys.stream(channel), this.#keys.meta(channel)];
    const args = [this.#keys.messages(channel), notice];
    this.#commands.call(scripts.remove, keys, args, (answer) => done(answer !== null));
  }

  renew(channel: string, epoch: string, done: (isDone: boolean) => void): void {
    const keys = [this.#keys.stream(channel), this.#keys.meta(channel)];
    this.#commands.call(scripts.renew, keys, [epoch], (answer) => done(answer !== null));
  }

  subscribe(channels: readonly string[], done: (isDone: boolean) => void): void {
    const names = channels.map((channel) => this.#keys.messages(channel));
    for (const [index, name] of names.entries()) this.#channels.set(name, channels[index] ?? "");
    this.#messageConnection.subscribe(...names).then(
      () => done(true),
      () => done(false),
    );
  }

  unsubscribe(channels: readonly string[]): void {
    const names = channels.map((channel) => this.#keys.messages(channel));
    for (const name of names) this.#channels.delete(name);
    this.#messageConnection.unsubscribe(...names).catch(() => {});
  }

  close(): Promise<void> {
    this.#probe.stop();
    for (const connection of [this.#commandConnection, this.#messageConnection]) connection.disconnect();
    return Promise.resolve();
  }

  #heard(name: string, text: string): void {
    if (name === this.#probe.channel) {
      this.#probe.heard();
      return;
    }
    if (this.#bus.heard(name, text)) return;
    const channel = this.#channels.get(name);
    const message = messageOf(text);
    if (channel !== undefined && message !== null) this.#events.message(channel, message);
  }
}
