import type { Msg, Subscription } from "@nats-io/transport-node";
import type { ClusterBus, ClusterBusEvents } from "../../cluster/bus.ts";
import type { Clock } from "../../core/clock.ts";
import { errors, withReason } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Position } from "../../core/publication.ts";
import type { Random } from "../../core/random.ts";
import { ThrottledLog } from "../../core/throttled-log.ts";
import { milliseconds } from "../../core/time.ts";
import type { Timers } from "../../core/timers.ts";
import type { HistoryOptions } from "../broker.ts";
import type { Appended, Engine, EngineEvents, Entry, Range, StreamRead } from "../remote/engine.ts";
import { NatsBus } from "./bus.ts";
import { NatsLink } from "./connection.ts";
import { Lanes } from "./lanes.ts";
import { Names } from "./names.ts";
import type { NatsOptions } from "./options.ts";
import { Passing } from "./passing.ts";
import { decodeRecord } from "./record.ts";
import { Sessions } from "./sessions.ts";
import type { Streams } from "./streams.ts";

/** Bytes of a message beside the body of its publication: the head of a record, and headers. */
const headBytesMax = 1_024;
const tooLong = withReason(errors.limitExceeded, "the publication is longer than NATS takes (max_payload)");

/** What an engine works with. */
export interface NatsEnginePorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  /** Receives the duration of each call, in milliseconds. */
  readonly durations: { observe(milliseconds: number): void };
}

/**
 * NATS: channels without history are subjects of its core; those with history are kept by JetStream, one stream for all
 * channels, which tells each record again once it is stored. What is asked while the connection is interrupted fails at
 * once: nothing waits in the client for a server that may be another one.
 */
export class NatsEngine implements Engine, ClusterBus {
  readonly #options: NatsOptions;
  readonly #ports: NatsEnginePorts;
  readonly #events: EngineEvents;
  readonly #names: Names;
  readonly #link: NatsLink;
  readonly #bus: NatsBus;
  readonly #lanes: Lanes;
  readonly #passing: Passing;
  readonly #failures: ThrottledLog;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #counts = { calls: 0, errors: 0 };
  readonly #sessions: Sessions;

  constructor(options: NatsOptions, events: EngineEvents, ports: NatsEnginePorts) {
    const { clock, log } = ports;
    this.#options = options;
    this.#events = events;
    this.#ports = ports;
    this.#names = new Names(options.prefix);
    this.#failures = new ThrottledLog("engine.failed", { clock, log });
    this.#bus = new NatsBus(this.#names);
    this.#passing = new Passing(this.#names, clock);
    const append = (channel: string, entries: readonly Entry[], until: number) =>
      this.#streams().append(channel, entries, until);
    this.#lanes = new Lanes(clock, append, (error) => this.#failed(error));
    this.#sessions = new Sessions(options, this.#names, {
      ...ports,
      began: (connection) => {
        this.#bus.begin(connection);
        events.resumed();
      },
      failed: (error) => this.#failed(error),
    });
    this.#link = new NatsLink(options, {
      ...ports,
      connected: (connection) => void this.#sessions.begin(connection),
      interrupted: () => this.#sessions.end(),
      failed: (error) => this.#failures.add({ error: String(error) }),
    });
  }

  /** What can be seen of the engine. */
  get state() {
    return { isUp: this.#link.isUp && this.#sessions.isUp, probeAge: this.#link.age, ...this.#counts };
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

  /** Tells all nodes that hear a channel something, at most once. */
  tell(channel: string, body: string): void {
    this.#pass({ channel, body, history: null, key: "", version: 0, versionEpoch: "" }, () => {});
  }

  append(entries: readonly Entry[], done: (answers: readonly Appended[]) => void): void {
    const observe = this.#measure();
    const until = this.#until;
    const answers: Appended[] = [];
    let left = entries.length;
    for (const [index, entry] of entries.entries()) {
      const answered = (answer: Appended) => {
        answers[index] = answer;
        left -= 1;
        if (left > 0) return;
        observe();
        done(answers);
      };
      if (this.#isTooLong(entry)) answered({ error: tooLong });
      else if (entry.history === null) this.#pass(entry, answered);
      else this.#lanes.add(entry, until, answered);
    }
    if (entries.length === 0) done(answers);
  }

  read(channel: string, options: HistoryOptions, range: Range, done: (read: StreamRead | null) => void): void {
    this.#call((until) => this.#streams().read(channel, options, range, until), done);
  }

  tops(channels: readonly string[], done: (tops: readonly (Position | null)[] | null) => void): void {
    this.#call(() => this.#streams().tops(channels), done);
  }

  remove(channel: string, notice: string, done: (isDone: boolean) => void): void {
    this.#do((until) => this.#streams().remove(channel, notice, until), done);
  }

  renew(channel: string, epoch: string, done: (isDone: boolean) => void): void {
    this.#do((until) => this.#streams().renew(channel, epoch, until), done);
  }

  subscribe(channels: readonly string[], done: (hears: readonly boolean[]) => void): void {
    this.#do(
      async () => {
        const { connection } = this.#connected();
        for (const channel of channels) {
          if (this.#subscriptions.has(channel)) continue;
          const callback = (_: Error | null, message: Msg) => this.#heard(channel, message);
          this.#subscriptions.set(channel, connection.subscribe(this.#names.messages(channel), { callback }));
        }
        await connection.flush();
      },
      (isDone) => done(channels.map(() => isDone)),
    );
  }

  unsubscribe(channels: readonly string[]): void {
    for (const channel of channels) {
      this.#subscriptions.get(channel)?.unsubscribe();
      this.#subscriptions.delete(channel);
    }
  }

  async close(): Promise<void> {
    this.#sessions.close();
    await this.#link.close();
  }

  get #until(): number {
    return this.#ports.clock.monotonic() + this.#options.ioTimeout;
  }

  #connected() {
    const session = this.#sessions.current;
    if (session === null) throw new Error("the servers are away");
    return session;
  }

  /** Whether the servers do not take a message as long as this; a UTF-16 unit is at most three bytes. */
  #isTooLong({ body }: Entry): boolean {
    const most = (this.#sessions.current?.connection.info?.max_payload ?? Number.POSITIVE_INFINITY) - headBytesMax;
    return body.length > most / 3 && Buffer.byteLength(body) > most;
  }

  #streams(): Streams {
    const { streams } = this.#connected();
    if (streams === null) throw new Error("there is no JetStream");
    return streams;
  }

  /** Publishes what is not kept. */
  #pass(entry: Entry, done: (answer: Appended) => void): void {
    this.#attempt(
      async () => {
        const { connection, streams } = this.#connected();
        return this.#passing.publish(connection, streams, entry, this.#options.ioTimeout);
      },
      (isNew) => done(isNew === null ? { error: errors.internal } : { position: { offset: 0, epoch: "" }, isNew }),
    );
  }

  #heard(channel: string, message: Msg): void {
    const record = decodeRecord(message.string());
    if (record === null) {
      // The broker counts it among those that it cannot read.
      this.#events.message(channel, { offset: 0, epoch: "", body: "" });
      return;
    }
    const { head, bodies } = record;
    const seq = Number(message.headers?.get("Nats-Sequence") ?? 0);
    const storedAt = Date.parse(message.headers?.get("Nats-Time-Stamp") ?? "");
    if (seq > 0 && storedAt > 0) this.#sessions.current?.streams?.heard(channel, { ...record, seq, storedAt });
    for (const [index, body] of bodies.entries()) {
      const offset = head.x || head.e === "" ? head.o : head.o - bodies.length + 1 + index;
      const first = head.f && index === 0 ? { isFirstKept: true as const } : {};
      this.#events.message(channel, { offset, epoch: head.e, body, ...first });
    }
  }

  /** As `#call`, for what has no answer but that it was done. */
  #do(run: (until: number) => Promise<void>, done: (isDone: boolean) => void): void {
    this.#call(
      async (until) => {
        await run(until);
        return true;
      },
      (isDone) => done(isDone === true),
    );
  }

  #call<Answer>(run: (until: number) => Promise<Answer>, done: (answer: Answer | null) => void): void {
    const observe = this.#measure();
    this.#attempt(run, (answer) => {
      observe();
      done(answer);
    });
  }

  /** Runs it, and gives its answer once: null where it fails, or is not answered in time. */
  #attempt<Answer>(run: (until: number) => Promise<Answer>, done: (answer: Answer | null) => void): void {
    let isOpen = true;
    const answer = (value: Answer | null, error?: unknown) => {
      if (!isOpen) return;
      isOpen = false;
      timer.cancel();
      if (value === null) this.#failed(error);
      done(value);
    };
    const timer = this.#ports.timers.setTimeout(
      () => answer(null, new Error("no answer in time")),
      milliseconds(this.#options.ioTimeout),
    );
    const attempt = async () => run(this.#until);
    attempt().then(answer, (error: unknown) => answer(null, error));
  }

  #measure(): () => void {
    this.#counts.calls += 1;
    const { clock, durations } = this.#ports;
    const startedAt = clock.monotonic();
    return () => durations.observe(clock.monotonic() - startedAt);
  }

  #failed(error: unknown): void {
    this.#counts.errors += 1;
    this.#failures.add({ error: String(error) });
  }
}
