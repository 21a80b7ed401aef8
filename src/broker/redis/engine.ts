import type { Redis } from "ioredis";
import { errors } from "../../core/errors.ts";
import type { Position } from "../../core/publication.ts";
import type { Random } from "../../core/random.ts";
import { ThrottledLog } from "../../core/throttled-log.ts";
import { milliseconds } from "../../core/time.ts";
import type { HistoryOptions } from "../broker.ts";
import { idempotencyMs } from "../local/idempotency.ts";
import type { Appended, Entry, Range, StreamRead } from "../remote/engine.ts";
import { appendedOf, messageOf, readOf, topsOf } from "./answers.ts";
import { Commands, type ScriptCaller } from "./commands.ts";
import { connect } from "./connections.ts";
import { Keys } from "./keys.ts";
import { inServer, inShard, type Listening } from "./listening.ts";
import type { RedisOptions } from "./options.ts";
import type { Membership, RedisEvents, RedisParts, RedisPorts, RedisState } from "./ports.ts";
import { Probe } from "./probe.ts";
import { type Script, scriptOfShard } from "./script.ts";
import * as scripts from "./scripts.ts";

/** Milliseconds until a connection is opened again that ioredis has given up. */
const reopenMs = milliseconds(250);

/**
 * Redis or Valkey: one connection for commands, on which every step of a channel is a script, and one for messages. Both
 * come back by themselves; what was not answered on the one fails, and what may be missing on the other is reported.
 */
export class RedisEngine implements RedisParts {
  readonly commands: Commands;
  readonly #keys: Keys;
  readonly #options: RedisOptions;
  readonly #random: Random;
  readonly #events: RedisEvents;
  readonly #membership: Membership | null;
  readonly #listening: Listening;
  readonly #failures: ThrottledLog;
  readonly #commandConnection: Redis;
  readonly #messageConnection: Redis;
  readonly #probe: Probe;
  readonly #timers: RedisPorts["timers"];
  /** Channels by the name that their messages come under. */
  readonly #channels = new Map<string, string>();
  #taught: readonly Script[] = [];
  /** The generation of the server when it was asked last. */
  #generation = "";
  #isClosed = false;
  /** Resolves when the connection for commands is there again; null while nothing waits for it. */
  #comes: Promise<void> | null = null;

  /** `membership`: null where the server is no part of a cluster. */
  constructor(options: RedisOptions, events: RedisEvents, ports: RedisPorts, membership: Membership | null = null) {
    const { clock, random, log, durations } = ports;
    this.#options = options;
    this.#random = random;
    this.#events = events;
    this.#timers = ports.timers;
    this.#membership = membership;
    this.#keys = new Keys(options.prefix);
    this.#listening = membership === null ? inServer : inShard;
    this.#failures = new ThrottledLog("engine.failed", { clock, log });
    const failed = (error: unknown) => this.#failures.add({ error: String(error) });
    this.#commandConnection = connect(options, "commands", random);
    this.#messageConnection = connect(options, "messages", random);
    const redirect = (error: string, attempt: number) => membership?.redirect(error, attempt) ?? null;
    const adapt = membership === null ? (script: Script) => script : scriptOfShard;
    this.commands = new Commands(this.#commandConnection, { clock, durations, failed, redirect, adapt });
    const ownName = `${options.prefix}:probe:${random.uuid()}`;
    this.#probe = new Probe(this.#commandConnection, this.#messageConnection, {
      ...ports,
      listening: this.#listening,
      name: () => (membership === null ? ownName : membership.probeName),
      asking: () => this.#askGeneration(),
      silent: () => log.warn("engine.silent", { age: Math.round(this.#probe.age) }),
    });
    this.#follow(log);
  }

  get state(): RedisState {
    return { isUp: this.#probe.isUp, probeAge: this.#probe.age, ...this.commands.counts };
  }

  /** The connection for commands takes some. */
  get isReady(): boolean {
    return this.#commandConnection.status === "ready";
  }

  /** Resolves when the connection for commands takes some; never where it does not come. */
  async ready(): Promise<void> {
    if (this.isReady) return;
    this.#comes ??= new Promise<void>((resolve) => this.#commandConnection.once("ready", () => resolve())).then(() => {
      this.#comes = null;
    });
    await this.#comes;
  }

  /** Asks the server for the slots of its cluster. */
  askSlots(): Promise<unknown> {
    return this.#commandConnection.cluster("SLOTS");
  }

  callerOf(others: readonly Script[]): ScriptCaller {
    this.#taught = [...this.#taught, ...others];
    if (this.isReady) this.commands.load(others);
    return this.commands;
  }

  publish(name: string, text: string): void {
    this.#commandConnection.call(this.#listening.publish, name, text).catch(() => {});
  }

  hear(names: readonly string[]): Promise<unknown> {
    return this.#listening.subscribe(this.#messageConnection, names);
  }

  /** The server has another place for the probe. */
  moveProbe(): void {
    void this.#probe.listen();
  }

  append(entries: readonly Entry[], done: (answers: readonly Appended[]) => void): void {
    // Without a key of idempotency its place is taken by another one that is there: see the migration of slots.
    const keys = entries.flatMap(({ channel, key }) => {
      const meta = this.#keys.meta(channel);
      return [this.#keys.stream(channel), meta, key === "" ? meta : this.#keys.result(channel, key)];
    });
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
    this.commands.call(scripts.append, keys, [this.#options.generation, ...args], (answer) => {
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
    this.commands.call(scripts.read, keys, args, (answer) => done(answer === null ? null : readOf(answer)));
  }

  tops(channels: readonly string[], done: (tops: readonly (Position | null)[] | null) => void): void {
    const keys = channels.map((channel) => this.#keys.meta(channel));
    this.commands.call(scripts.tops, keys, [this.#options.generation], (answer) =>
      done(answer === null ? null : topsOf(answer)),
    );
  }

  remove(channel: string, notice: string, done: (isDone: boolean) => void): void {
    const keys = [this.#keys.stream(channel), this.#keys.meta(channel)];
    const args = [this.#keys.messages(channel), notice];
    this.commands.call(scripts.remove, keys, args, (answer) => done(answer !== null));
  }

  renew(channel: string, epoch: string, done: (isDone: boolean) => void): void {
    const keys = [this.#keys.stream(channel), this.#keys.meta(channel)];
    this.commands.call(scripts.renew, keys, [epoch], (answer) => done(answer !== null));
  }

  subscribe(channels: readonly string[], done: (hears: readonly boolean[]) => void): void {
    const names = channels.map((channel) => this.#keys.messages(channel));
    for (const [index, name] of names.entries()) this.#channels.set(name, channels[index] ?? "");
    this.#listening.subscribe(this.#messageConnection, names).then(
      () => done(channels.map(() => true)),
      (error: unknown) => {
        if (String(error).includes("MOVED")) this.#membership?.moved();
        done(channels.map(() => false));
      },
    );
  }

  unsubscribe(channels: readonly string[]): void {
    const names = channels.map((channel) => this.#keys.messages(channel));
    for (const name of names) this.#channels.delete(name);
    this.#listening.unsubscribe(this.#messageConnection, names).catch(() => {});
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#probe.stop();
    for (const connection of [this.#commandConnection, this.#messageConnection]) {
      connection.disconnect();
      // A server that hangs takes no part in an orderly end.
      connection.stream?.destroy();
    }
    return Promise.resolve();
  }

  #follow(log: RedisPorts["log"]): void {
    const [commands, messages] = [this.#commandConnection, this.#messageConnection];
    for (const connection of [commands, messages]) {
      connection.on("error", (error: unknown) => this.#failures.add({ error: String(error) }));
      connection.on("end", () => this.#reopen(connection));
    }
    commands.on("ready", () => {
      this.commands.load([...Object.values(scripts), ...this.#taught]);
      this.#probe.ask();
      // It may be another server, whose streams have other positions.
      this.#events.resumed();
    });
    messages.on("ready", () => {
      log.info("engine.connected", {});
      void this.#probe.listen();
      this.#events.resumed();
    });
    messages.on(this.#listening.event, (name: string, text: string) => this.#heard(name, text));
    messages.on("moved", () => this.#membership?.moved());
  }

  /** A server may begin another generation under its connections: a replica that becomes the master. */
  #askGeneration(): void {
    // The other connection may be there first: then the next probe asks.
    if (this.#options.generation === "none" || !this.isReady) return;
    this.commands.call(scripts.generationNow, [], [this.#options.generation], (answer) => {
      if (typeof answer !== "string" || answer === this.#generation) return;
      const isFirst = this.#generation === "";
      this.#generation = answer;
      if (!isFirst) this.#events.resumed();
    });
  }

  /**
   * Where a sentinel reports a failover while ioredis (6.0.0) asks another one for the master, ioredis gives up for
   * good.
   */
  #reopen(connection: Redis): void {
    const reopen = () => {
      if (!this.#isClosed && connection.status === "end") connection.connect().catch(() => {});
    };
    this.#timers.setTimeout(reopen, reopenMs);
  }

  #heard(name: string, text: string): void {
    if (this.#probe.isOwn(name)) {
      this.#probe.heard();
      return;
    }
    const channel = this.#channels.get(name);
    if (channel === undefined) {
      this.#events.heard(name, text);
      return;
    }
    const message = messageOf(text);
    if (message !== null) this.#events.message(channel, message);
  }
}
