import type { HistoryOptions } from "../../../src/broker/broker.ts";
import { idempotencyMs } from "../../../src/broker/local/idempotency.ts";
import type { Appended, Entry, Message, Range, StreamRead } from "../../../src/broker/remote/engine.ts";
import type { Clock } from "../../../src/core/clock.ts";
import type { Position } from "../../../src/core/publication.ts";
import type { SeededRandom } from "../../support/random.ts";

interface Stream {
  epoch: string;
  generation: number;
  top: number;
  version: number;
  versionEpoch: string;
  entries: { offset: number; body: string }[];
  until: number;
  metaUntil: number;
}

interface Key {
  readonly position: Position;
  readonly until: number;
}

/** What a server has, as it could be written to a file. */
export interface Snapshot {
  readonly streams: ReadonlyMap<string, Stream>;
  readonly keys: ReadonlyMap<string, Key>;
}

/** Is told what is published. */
export type Listener = (channel: string, message: Message) => void;

/** What Redis with our scripts does, as values: the steps are the same, and so are the epochs that belong to a generation. */
export class SimulatedServer {
  readonly listeners = new Set<Listener>();
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  #streams = new Map<string, Stream>();
  #keys = new Map<string, Key>();
  #generation = 1;
  /** False: the rule that an epoch belongs to a generation is broken, for the test of the test. */
  hasGenerations = true;

  constructor(clock: Clock, random: SeededRandom) {
    this.#clock = clock;
    this.#random = random;
  }

  append({ channel, body, history, key, version, versionEpoch }: Entry): Appended {
    const known = key === "" ? undefined : this.#keys.get(key);
    if (known && known.until > this.#now) return { position: known.position, isNew: false };
    const isFirst = history !== null && this.#open(channel, history).entries.length === 0;
    const position = this.#append(channel, body, history, version, versionEpoch);
    if (position === null) {
      const { epoch, top } = this.#open(channel, history);
      return { position: { offset: top, epoch }, isNew: false };
    }
    if (key !== "") this.#keys.set(key, { position, until: this.#now + idempotencyMs });
    const first = isFirst ? { isFirstKept: true as const } : {};
    this.#publish(channel, { ...position, body, ...first });
    return { position, isNew: true, ...first };
  }

  read(channel: string, options: HistoryOptions, range: Range): StreamRead {
    const stream = this.#open(channel, options);
    stream.metaUntil = this.#now + options.metaTtl;
    const from = range.epoch !== "" && range.epoch !== stream.epoch ? 1 : range.from;
    const to = range.to ?? stream.top;
    const found = stream.entries.filter(({ offset }) => from <= offset && offset <= to);
    if (range.reverse) found.reverse();
    const entries = range.limit === null ? found : found.slice(0, range.limit);
    const ttl = stream.entries.length > 0 ? stream.until - this.#now : Number.POSITIVE_INFINITY;
    return { epoch: stream.epoch, top: stream.top, ttl, entries };
  }

  top(channel: string): Position | null {
    const stream = this.#peek(channel);
    return stream ? { epoch: stream.epoch, offset: stream.top } : null;
  }

  remove(channel: string, notice: string): void {
    const stream = this.#peek(channel);
    if (!stream) return;
    stream.entries = [];
    this.#publish(channel, { offset: stream.top, epoch: stream.epoch, body: notice });
  }

  renew(channel: string, epoch: string): void {
    if (this.#peek(channel)?.epoch === epoch) this.#streams.delete(channel);
  }

  /** What an asynchronous replica has, or a file from before. */
  snapshot(): Snapshot {
    return structuredClone({ streams: this.#streams, keys: this.#keys });
  }

  /** Becomes what the snapshot has: a lossy failover. */
  restore(snapshot: Snapshot): void {
    const { streams, keys } = structuredClone(snapshot);
    this.#streams = new Map(streams);
    this.#keys = new Map(keys);
    if (this.hasGenerations) this.#generation += 1;
  }

  /** Leaves the latest entries alone. */
  trim(channel: string, kept: number): void {
    const stream = this.#streams.get(channel);
    if (stream) stream.entries = kept === 0 ? [] : stream.entries.slice(-kept);
  }

  get #now(): number {
    return this.#clock.monotonic();
  }

  #append(
    channel: string,
    body: string,
    history: HistoryOptions | null,
    version: number,
    versionEpoch: string,
  ): Position | null {
    if (history === null) return { offset: 0, epoch: "" };
    const stream = this.#open(channel, history);
    stream.metaUntil = this.#now + history.metaTtl;
    const isComparable = versionEpoch === "" || versionEpoch === stream.versionEpoch;
    stream.until = this.#now + history.ttl;
    if (version > 0 && isComparable && version <= stream.version) return null;
    stream.version = version;
    stream.versionEpoch = versionEpoch;
    stream.top += 1;
    stream.entries = [...stream.entries, { offset: stream.top, body }].slice(-history.size);
    return { offset: stream.top, epoch: stream.epoch };
  }

  #open(channel: string, options: HistoryOptions | null): Stream {
    const found = this.#peek(channel);
    if (found) return found;
    const stream: Stream = {
      epoch: this.#random.epoch(),
      generation: this.#generation,
      top: 0,
      version: 0,
      versionEpoch: "",
      entries: [],
      until: 0,
      metaUntil: this.#now + (options?.metaTtl ?? 0),
    };
    this.#streams.set(channel, stream);
    return stream;
  }

  #peek(channel: string): Stream | undefined {
    const stream = this.#streams.get(channel);
    if (!stream) return undefined;
    if (stream.metaUntil <= this.#now || stream.generation !== this.#generation) {
      this.#streams.delete(channel);
      return undefined;
    }
    if (stream.until <= this.#now) stream.entries = [];
    return stream;
  }

  #publish(channel: string, message: Message): void {
    for (const listener of this.listeners) listener(channel, message);
  }
}
