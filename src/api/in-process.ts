import type { HistoryFilter } from "../broker/broker.ts";
import type { Clock } from "../core/clock.ts";
import type { Disconnect } from "../core/disconnects.ts";
import type { Payload } from "../core/payload.ts";
import { payloadToJson } from "../core/payload.ts";
import type { ClientInfo, Position, Publication } from "../core/publication.ts";
import type { PresenceStats } from "../core/reply.ts";
import type { Answer, Operations, Publish, Subscribe, Who } from "./operations.ts";
import type { Send, Sent } from "./sending.ts";

/** An operation that was refused: the code and words are those of the HTTP API (102 unknown channel, 107 bad request). */
export class OperationError extends Error {
  override readonly name = "OperationError";
  readonly code: number;

  constructor({ code, message }: { readonly code: number; readonly message: string }) {
    super(message);
    this.code = code;
  }
}

/** What a publish may say beside its channel and data. */
type PublishOptions = Omit<Publish, "data">;

/** A publication as an application reads it. */
interface ReadPublication {
  /** The JSON value that was published. */
  readonly data: unknown;
  readonly offset: number;
  readonly info?: ClientInfo;
  readonly tags?: Readonly<Record<string, string>>;
}

/** The same operations as over HTTP, as methods. Each throws OperationError where HTTP answers an error. */
export interface InProcess {
  /** `data` is any value that JSON can hold, or bytes. Resolves when it is committed. */
  publish(channel: string, data: unknown, options?: PublishOptions): Promise<Position>;
  /** One outcome for each channel, in their order. */
  broadcast(
    channels: readonly string[],
    data: unknown,
    options?: PublishOptions,
  ): Promise<(Position | OperationError)[]>;
  /** To every connection of a user, or later where `queueTtl` (milliseconds) says so and the API keeps a queue. */
  send(who: Who, data: unknown, options?: Omit<Send, "now">): Sent;
  subscribe(who: Who, channel: string, options?: Subscribe): void;
  unsubscribe(who: Who, channel: string): void;
  disconnect(who: Who, disconnect?: Disconnect): void;
  /** `expireAt` in seconds since 1970; null takes the expiry away. */
  refresh(who: Who, expireAt: number | null): void;
  presence(channel: string): ReadonlyMap<string, ClientInfo>;
  presenceStats(channel: string): PresenceStats;
  history(
    channel: string,
    filter?: Partial<HistoryFilter>,
  ): Promise<{ publications: ReadPublication[]; position: Position }>;
  historyRemove(channel: string): Promise<void>;
  /** Channels with an audience and how many connections each has; `*` in the pattern takes anything. */
  channels(pattern?: string): ReadonlyMap<string, number>;
  /** How many there are of each on this node. */
  info(): ReturnType<Operations["counts"]>;
}

/** Makes the operations callable from the same process. */
export function createInProcess(operations: Operations, clock: Clock): InProcess {
  return {
    publish: async (channel, data, options) =>
      resultOf(await operations.publish(channel, { ...options, data: payloadOf(data) })),
    broadcast: async (channels, data, options) => {
      const answers = await operations.broadcast(channels, { ...options, data: payloadOf(data) });
      return answers.map((answer) => (answer.ok ? answer.result : new OperationError(answer.error)));
    },
    send: (who, data, options) => resultOf(operations.send(who, payloadOf(data), { ...options, now: clock.wall() })),
    subscribe: (who, channel, options) =>
      void resultOf(operations.subscribe(who, channel, { ...options, now: clock.wall() })),
    unsubscribe: (who, channel) => void resultOf(operations.unsubscribe(who, channel)),
    disconnect: (who, disconnect) => void resultOf(operations.disconnect(who, disconnect)),
    refresh: (who, expireAt) => void resultOf(operations.refresh(who, expireAt)),
    presence: (channel) => resultOf(operations.presence(channel)),
    presenceStats: (channel) => resultOf(operations.presenceStats(channel)),
    history: async (channel, { limit = -1, since = null, reverse = false } = {}) => {
      const { publications, position } = resultOf(await operations.history(channel, { limit, since, reverse }));
      return { publications: publications.map(readPublication), position };
    },
    historyRemove: async (channel) => void resultOf(await operations.historyRemove(channel)),
    channels: (pattern = "") => operations.channels(pattern),
    info: () => operations.counts(),
  };
}

function resultOf<Result>(answer: Answer<Result>): Result {
  if (answer.ok) return answer.result;
  throw new OperationError(answer.error);
}

function payloadOf(data: unknown): Payload {
  if (data instanceof Uint8Array) return { kind: "binary", bytes: data };
  const json = jsonOf(data);
  if (json === undefined) throw new OperationError({ code: 107, message: "data is not a value that JSON can hold" });
  return { kind: "json", json };
}

/** The value as JSON; undefined for one that JSON cannot hold: undefined itself, a function, a circle, a bigint. */
function jsonOf(data: unknown): string | undefined {
  try {
    return JSON.stringify(data);
  } catch {
    return undefined;
  }
}

function readPublication({ data, offset, info, tags }: Publication): ReadPublication {
  return { data: JSON.parse(payloadToJson(data)), offset, ...(info && { info }), ...(tags && { tags }) };
}
