import type { DirectStreamAPI, PeerInfo, StoredMsg, StreamAPI, StreamConfig } from "@nats-io/jetstream";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import { boolean, number, object, optional, parse, string } from "valibot";
import type { Position } from "../../core/publication.ts";
import type { Names } from "./names.ts";
import type { JetStreamOptions } from "./options.ts";
import { decodeRecord, encodeRecord, type StreamRecord } from "./record.ts";

/** What is used of the client for JetStream. */
interface JetStream {
  readonly streams: StreamAPI;
  readonly direct: DirectStreamAPI;
}

/** A record, and its sequence in the stream of all channels. */
export interface StoredRecord extends StreamRecord {
  readonly seq: number;
  /** When it was stored, in Unix milliseconds of the server. */
  readonly storedAt: number;
}

/** A record on its way into a channel. */
export interface Write {
  readonly channel: string;
  readonly record: StreamRecord;
  /** The last message of the channel, as far as is known; 0 for none. */
  readonly after: number;
  /** Nothing before it stays in the channel. */
  readonly isBegin: boolean;
  readonly key: string;
  /** Milliseconds that it is kept at least. */
  readonly lifetime: number;
}

/** What became of it: `conflict` where another message is the last one. */
export type Written = { readonly seq: number; readonly isDuplicate: boolean } | "conflict";

/** What the servers answer to a publish. */
const answerShape = object({
  seq: optional(number()),
  duplicate: optional(boolean()),
  error: optional(object({ err_code: optional(number()), description: optional(string()) })),
});

/** The servers' code where the last message of a subject is another one than was said. */
const wrongLastSequence = 10_071;
/** Milliseconds that a key of an idempotent publish holds. */
const keyMs = 300_000;
/** What a stream keeps of a channel beside publications: marks. */
const marks = 16;
/** Nanoseconds within which a replica has answered its leader, which asks each second; a leader steps down much later. */
const heardNs = 5e9;
/** Messages that are asked for at once. */
const batch = 1_000;

/** One stream of JetStream in which each channel is a subject. What throws has not been answered, or was refused. */
export class StreamStore {
  /** What epochs belong to: another one where messages that were acknowledged may be gone. */
  readonly generation: string;
  readonly #connection: NatsConnection;
  readonly #jetstream: JetStream;
  readonly #name: string;
  readonly #names: Names;
  readonly #created: string;
  #sizeMax: number;

  private constructor(
    connection: NatsConnection,
    jetstream: JetStream,
    names: Names,
    { config, created }: { config: StreamConfig; created: string },
  ) {
    this.#connection = connection;
    this.#jetstream = jetstream;
    this.#names = names;
    this.#name = config.name;
    this.#sizeMax = config.max_msgs_per_subject;
    this.#created = created;
    // With one replica a restart may have lost what was not synchronized, or follow a restore of older files.
    const life = config.num_replicas === 1 ? (connection.info?.server_id ?? "") : "";
    this.generation = `${created} ${life}`;
  }

  /** Opens the stream, and creates it where there is none. */
  static async open(
    connection: NatsConnection,
    options: JetStreamOptions,
    names: Names,
    timeout: number,
  ): Promise<StreamStore> {
    const { jetstreamManager, JetStreamApiError }: typeof import("@nats-io/jetstream") = require("@nats-io/jetstream");
    const jetstream = await jetstreamManager(connection, { timeout });
    const info = await jetstream.streams.info(options.stream).catch((error: unknown) => {
      if (error instanceof JetStreamApiError && error.status === 404)
        return jetstream.streams.add(configOf(options, names));
      throw error;
    });
    if (info.config.republish?.dest !== names.retold.dest)
      throw new Error(`the stream ${options.stream} is there, and is not one of Chorus with this prefix`);
    const { num_replicas, storage } = info.config;
    // It would lose in silence what is said to be kept. More than that is no fault: a stream is changed before the nodes are.
    if (num_replicas < options.replicas || (storage === "memory" && options.storage === "file"))
      throw new Error(
        `the stream ${options.stream} is there with replicas ${num_replicas} and storage ${storage}, the configuration says ${options.replicas} and ${options.storage}`,
      );
    return new StreamStore(connection, jetstream, names, info);
  }

  /**
   * False where the servers say that there is no such stream, or that it is another one; null where they do not say: too
   * few of those that have it are up.
   */
  async isThere(): Promise<boolean | null> {
    const { JetStreamApiError }: typeof import("@nats-io/jetstream") = require("@nats-io/jetstream");
    try {
      const { created, cluster } = await this.#jetstream.streams.info(this.#name);
      if (created !== this.#created) return false;
      return hasMajority(cluster?.replicas ?? []) ? true : null;
    } catch (error) {
      return error instanceof JetStreamApiError && error.status === 404 ? false : null;
    }
  }

  /** The last record of a channel; null where there is none. */
  async last(channel: string): Promise<StoredRecord | null> {
    const query = { last_by_subj: this.#names.stream(channel) };
    return storedOf(await this.#jetstream.streams.getMessage(this.#name, query));
  }

  /** The place of the first publish with a key; null where that is not known. */
  async resultOf(key: string): Promise<Position | null> {
    const stored = storedOf(
      await this.#jetstream.streams.getMessage(this.#name, { last_by_subj: this.#names.key(key) }),
    );
    return stored && { offset: stored.head.o, epoch: stored.head.e };
  }

  /** The records of a channel after `seq`, in their order; those that are not written to all servers yet may be missing. */
  async after(channel: string, seq: number, until: number): Promise<StoredRecord[]> {
    const found: StoredRecord[] = [];
    for (let next = seq + 1; next <= until; ) {
      const messages = await this.#jetstream.direct.getBatch(this.#name, {
        seq: next,
        next_by_subj: this.#names.stream(channel),
        batch,
      });
      const before = next;
      for await (const message of messages) {
        next = message.seq + 1;
        const stored = storedOf(message);
        if (stored !== null && stored.seq <= until) found.push(stored);
      }
      if (next === before) break;
    }
    return found;
  }

  /** Stores a record if the last one of its channel is the one that is named; all listeners receive it. */
  async write({ channel, record, after, isBegin, key, lifetime }: Write, timeout: number): Promise<Written> {
    const headers = this.#headers({
      "Nats-Expected-Last-Subject-Sequence": String(after),
      "Nats-TTL": ttlOf(lifetime),
      ...(key !== "" && { "Nats-Msg-Id": key }),
      ...(isBegin && { "Nats-Rollup": "sub" }),
    });
    const subject = this.#names.stream(channel);
    return writtenOf(await this.#connection.request(subject, encodeRecord(record), { timeout, headers }));
  }

  /** Keeps the place of the first publish with a key; false where that is kept already. */
  async keepResult(key: string, { offset, epoch }: Position, timeout: number): Promise<boolean> {
    const headers = this.#headers({ "Nats-Expected-Last-Subject-Sequence": "0", "Nats-TTL": ttlOf(keyMs) });
    const record = encodeRecord({ head: { e: epoch, o: offset }, bodies: [] });
    return writtenOf(await this.#connection.request(this.#names.key(key), record, { timeout, headers })) !== "conflict";
  }

  /** Makes room for so many publications in each channel. */
  async makeRoom(size: number): Promise<void> {
    if (size + marks <= this.#sizeMax) return;
    const { config } = await this.#jetstream.streams.info(this.#name);
    this.#sizeMax = Math.max(config.max_msgs_per_subject, size + marks);
    if (this.#sizeMax > config.max_msgs_per_subject)
      await this.#jetstream.streams.update(this.#name, { max_msgs_per_subject: this.#sizeMax });
  }

  #headers(fields: Readonly<Record<string, string>>) {
    const { headers }: typeof import("@nats-io/transport-node") = require("@nats-io/transport-node");
    const made = headers();
    for (const [name, value] of Object.entries(fields)) made.set(name, value);
    return made;
  }
}

/** Whether the leader, which has answered, has heard of so many replicas that it can store something. */
function hasMajority(replicas: readonly PeerInfo[]): boolean {
  const heard = replicas.filter(({ active }) => active < heardNs).length;
  return (1 + heard) * 2 > 1 + replicas.length;
}

function configOf({ stream, replicas, storage }: JetStreamOptions, names: Names) {
  return {
    name: stream,
    subjects: [...names.stored],
    republish: names.retold,
    num_replicas: replicas,
    storage,
    discard: "old" as const,
    max_msgs_per_subject: 128 + marks,
    duplicate_window: keyMs * 1_000_000,
    allow_direct: true,
    allow_msg_ttl: true,
    allow_rollup_hdrs: true,
  };
}

/** At least a second, which is the least that the servers know. */
function ttlOf(lifetime: number): string {
  return `${Math.max(1, Math.ceil(lifetime / 1_000))}s`;
}

function writtenOf(message: Msg): Written {
  const answer = parse(answerShape, message.json());
  if (answer.error?.err_code === wrongLastSequence) return "conflict";
  if (answer.error || answer.seq === undefined) throw new Error(answer.error?.description ?? "no answer");
  return { seq: answer.seq, isDuplicate: answer.duplicate === true };
}

function storedOf(message: StoredMsg | null): StoredRecord | null {
  if (message === null) return null;
  const record = decodeRecord(message.string());
  // Written by a newer node: its stream is neither guessed at nor ended.
  if (record === null) throw new Error(`the record ${message.seq} cannot be read`);
  return { ...record, seq: message.seq, storedAt: message.time.getTime() };
}
