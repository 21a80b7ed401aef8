import { errors } from "../../core/errors.ts";
import type { Position } from "../../core/publication.ts";
import type { HistoryOptions } from "../broker.ts";
import type { Appended, Entry, Range, StreamRead } from "../remote/engine.ts";
import { tagOf } from "./cluster/slots.ts";
import type { ScriptCaller } from "./commands.ts";
import { Keys } from "./keys.ts";
import { askInParts } from "./parts.ts";
import type { RedisParts, RedisPorts, RedisState } from "./ports.ts";
import type { Script } from "./script.ts";

/** Where names belong. */
export interface Routes {
  /** The part that a tag belongs to: names of one part can stand in one call. */
  partOf(tag: string): number;
  /** The engine that has a part; null while it is not known. */
  engineOf(part: number): RedisParts | null;
  /** Those that have parts. */
  engines(): Iterable<RedisParts>;
  /** Each part has an engine. */
  readonly isComplete: boolean;
  /** Resolves when it was found out anew where parts belong; true where that may have changed something. */
  refreshed(): Promise<boolean>;
  close(): Promise<unknown>;
}

/** Many servers as one engine: each channel belongs to one of them. */
export class RoutedEngine implements RedisParts {
  readonly #routes: Routes;
  readonly #keys: Keys;
  readonly #ports: Pick<RedisPorts, "timers">;

  constructor(routes: Routes, prefix: string, ports: Pick<RedisPorts, "timers">) {
    this.#routes = routes;
    this.#keys = new Keys(prefix);
    this.#ports = ports;
  }

  /** It is up where all of its servers are: each has channels that no other has. */
  get state(): RedisState {
    const states = [...this.#routes.engines()].map(({ state }) => state);
    const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0);
    return {
      isUp: this.#routes.isComplete && states.length > 0 && states.every(({ isUp }) => isUp),
      probeAge: this.#routes.isComplete
        ? Math.max(...states.map(({ probeAge }) => probeAge))
        : Number.POSITIVE_INFINITY,
      calls: sum(states.map(({ calls }) => calls)),
      errors: sum(states.map((state) => state.errors)),
    };
  }

  /** A server is taught a script by the first call of it. */
  callerOf(_scripts: readonly Script[]): ScriptCaller {
    return {
      call: (script, keys, args, done) => {
        const engine = this.#engineOf(tagOf(keys[0] ?? ""));
        if (engine) engine.callerOf([]).call(script, keys, args, done);
        else this.#later(() => done(null));
      },
    };
  }

  publish(name: string, text: string): void {
    this.#engineOf(tagOf(name))?.publish(name, text);
  }

  hear(names: readonly string[]): Promise<unknown> {
    const heard = names.map((name) => {
      const engine = this.#engineOf(tagOf(name));
      return engine ? engine.hear([name]) : Promise.reject(new Error("no server is known for it"));
    });
    return Promise.all(heard);
  }

  append(entries: readonly Entry[], done: (answers: readonly Appended[]) => void): void {
    const unknown = { error: errors.internal };
    askInParts<Entry, number, Appended>(
      entries,
      ({ channel }) => this.#partOf(channel),
      (part, some, answered) => {
        const engine = this.#routes.engineOf(part);
        if (engine) engine.append(some, answered);
        else this.#later(() => answered(some.map(() => unknown)));
      },
      done,
    );
  }

  read(channel: string, options: HistoryOptions, range: Range, done: (read: StreamRead | null) => void): void {
    const engine = this.#ownerOf(channel);
    if (engine) engine.read(channel, options, range, done);
    else this.#later(() => done(null));
  }

  tops(channels: readonly string[], done: (tops: readonly (Position | null)[] | null) => void): void {
    let isAnswered = true;
    askInParts<string, number, Position | null>(
      channels,
      (channel) => this.#partOf(channel),
      (part, some, answered) => {
        const take = (tops: readonly (Position | null)[] | null) => {
          isAnswered &&= tops !== null;
          answered(tops ?? some.map(() => null));
        };
        const engine = this.#routes.engineOf(part);
        if (engine) engine.tops(some, take);
        else this.#later(() => take(null));
      },
      (tops) => done(isAnswered ? tops : null),
    );
  }

  remove(channel: string, notice: string, done: (isDone: boolean) => void): void {
    const engine = this.#ownerOf(channel);
    if (engine) engine.remove(channel, notice, done);
    else this.#later(() => done(false));
  }

  renew(channel: string, epoch: string, done: (isDone: boolean) => void): void {
    const engine = this.#ownerOf(channel);
    if (engine) engine.renew(channel, epoch, done);
    else this.#later(() => done(false));
  }

  /** What is refused is asked for once more, where it was found out that it belongs elsewhere. */
  subscribe(channels: readonly string[], done: (hears: readonly boolean[]) => void): void {
    this.#subscribe(channels, async (hears) => {
      const refused = channels.filter((_, index) => !hears[index]);
      if (refused.length === 0 || !(await this.#routes.refreshed())) return done(hears);
      this.#subscribe(refused, (again) => {
        const taken = new Set(refused.filter((_, index) => again[index]));
        done(channels.map((channel, index) => hears[index] === true || taken.has(channel)));
      });
    });
  }

  unsubscribe(channels: readonly string[]): void {
    for (const [engine, some] of Map.groupBy(channels, (channel) => this.#ownerOf(channel))) engine?.unsubscribe(some);
  }

  async close(): Promise<void> {
    await this.#routes.close();
  }

  #subscribe(channels: readonly string[], done: (hears: readonly boolean[]) => void): void {
    askInParts<string, RedisParts | null, boolean>(
      channels,
      (channel) => this.#ownerOf(channel),
      (engine, some, answered) => {
        if (engine) engine.subscribe(some, answered);
        else this.#later(() => answered(some.map(() => false)));
      },
      done,
    );
  }

  #partOf(channel: string): number {
    return this.#routes.partOf(this.#keys.tag(channel));
  }

  #ownerOf(channel: string): RedisParts | null {
    return this.#engineOf(this.#keys.tag(channel));
  }

  #engineOf(tag: string): RedisParts | null {
    return this.#routes.engineOf(this.#routes.partOf(tag));
  }

  /** An answer never comes before its call has returned. */
  #later(answer: () => void): void {
    this.#ports.timers.setImmediate(answer);
  }
}
