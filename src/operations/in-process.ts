import type { Who } from "../api/answer.ts";
import type { Node } from "../app/node.ts";
import type { HistoryFilter } from "../broker/broker.ts";
import type { Clock } from "../core/clock.ts";
import type { Disconnect } from "../core/disconnects.ts";
import { errors } from "../core/errors.ts";
import type { SubscriptionOverride } from "../core/identity.ts";
import { type Payload, payloadToJson } from "../core/payload.ts";
import type { ClientInfo, Position, Publication } from "../core/publication.ts";
import type { PresenceStats } from "../core/reply.ts";
import { expectCloseable, expectNumber, OperationError, refuseField, resultOf } from "./operation-error.ts";
import type { Operations, Publish } from "./operations.ts";
import type { Send, Sent } from "./sending.ts";

/** What a publish may say beside its channel and data. */
type PublishOptions = Omit<Publish, "data">;

/** What a subscription may say beside its channel. */
interface SubscribeOptions {
  /** When it ends, in seconds since 1970; null, and absent, is never. */
  readonly expireAt?: number | null;
  /** What others see of it in presence: any value that JSON can hold. */
  readonly info?: unknown;
  /** What the client receives with it: any value that JSON can hold. */
  readonly data?: unknown;
  /** What the client has already: it gets what came after that position. */
  readonly since?: Position | null;
  /** What holds for it instead of the namespace's options. */
  readonly override?: SubscriptionOverride;
}

/** Whom a message is for: a user wherever connected, or one connection. */
type Addressee = Partial<Pick<Who, "user" | "client">>;

/** A publication as an application reads it. */
interface ReadPublication {
  /** The JSON value that was published; bytes are base64. */
  readonly data: unknown;
  readonly offset: number;
  /** Who published it, where that was a client. */
  readonly info?: ClientInfo;
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * The same operations as over HTTP, as methods. Each throws an OperationError, or rejects with it, where HTTP answers an
 * error, and after the server has stopped.
 */
export interface InProcess {
  /**
   * Publishes into a channel. `data` is any value that JSON can hold, or bytes (Uint8Array). Resolves when it is
   * committed, with its position; offset 0 where the channel keeps no history.
   */
  publish(channel: string, data: unknown, options?: PublishOptions): Promise<Position>;
  /** Publishes the same into many channels: one outcome for each, in their order. Does not reject for one of them. */
  broadcast(
    channels: readonly string[],
    data: unknown,
    options?: PublishOptions,
  ): Promise<(Position | OperationError)[]>;
  /**
   * Sends a message to every connection of a user, or to one; where the user has none it waits for `queueTtl`
   * milliseconds. Answers how many connections it reached, and whether it waits.
   */
  send(who: Addressee, data: unknown, options?: Omit<Send, "now">): Promise<Sent>;
  /** Subscribes a user's connections to a channel. */
  subscribe(who: Who, channel: string, options?: SubscribeOptions): void;
  /** Takes a user's connections out of a channel. */
  unsubscribe(who: Who, channel: string): void;
  /** Ends a user's connections, with code 3503 unless told: a code from 3000 to 4999, a reason of up to 123 bytes. */
  disconnect(who: Who, disconnect?: Disconnect): void;
  /** Moves the expiry of a user's connections: `expireAt` in seconds since 1970; null takes the expiry away. */
  refresh(who: Who, expireAt: number | null): void;
  /** Who is in a channel, by the id of the connection. */
  presence(channel: string): Promise<ReadonlyMap<string, ClientInfo>>;
  /** How many connections and users are in a channel. */
  presenceStats(channel: string): Promise<PresenceStats>;
  /** What a channel keeps: all of it, oldest first, unless the filter says otherwise. `position` is that of the newest. */
  history(
    channel: string,
    filter?: Partial<HistoryFilter>,
  ): Promise<{ publications: ReadPublication[]; position: Position }>;
  /** Forgets a channel's publications and keeps its position. */
  historyRemove(channel: string): Promise<void>;
  /** Channels with an subscribers and how many connections each has; `*` in the pattern takes anything. */
  channels(pattern?: string): ReadonlyMap<string, number>;
  /** How many there are of each on this node. */
  info(): ReturnType<Operations["counts"]>;
}

/** Makes the operations callable from the same process. */
export function createInProcess(operations: Operations, { clock, hub }: { clock: Clock; hub: Node["hub"] }): InProcess {
  // A Hub that has stopped answers nobody: a publish would be waited for in vain.
  const running = (): Operations => {
    if (hub.getSnapshot().status === "active") return operations;
    throw new OperationError({ code: errors.internal.code, message: "the server has stopped" });
  };
  return {
    publish: async (channel, data, options) =>
      resultOf(await running().publish(channel, { ...options, data: payloadOf(data) })),
    broadcast: async (channels, data, options) => {
      const answers = await running().broadcast(channels, { ...options, data: payloadOf(data) });
      return answers.map((answer) => (answer.ok ? answer.result : new OperationError(answer.error)));
    },
    send: async ({ user = "", client = "" }, data, options = {}) => {
      expectNumber("queueTtl", options.queueTtl);
      return resultOf(await running().send({ user, client }, payloadOf(data), { ...options, now: clock.wall() }));
    },
    subscribe: (who, channel, { info, data, ...options } = {}) => {
      const raw = {
        ...(info !== undefined && { info: jsonOf(info) }),
        ...(data !== undefined && { data: jsonOf(data) }),
      };
      expectNumber("expireAt", options.expireAt);
      return void resultOf(running().subscribe(who, channel, { ...options, ...raw, now: clock.wall() }));
    },
    unsubscribe: (who, channel) => void resultOf(running().unsubscribe(who, channel)),
    disconnect: (who, disconnect) => {
      if (disconnect) expectCloseable(disconnect);
      return void resultOf(running().disconnect(who, disconnect));
    },
    refresh: (who, expireAt) => {
      expectNumber("expireAt", expireAt);
      return void resultOf(running().refresh(who, expireAt));
    },
    presence: async (channel) => resultOf(await running().presence(channel)),
    presenceStats: async (channel) => resultOf(await running().presenceStats(channel)),
    history: async (channel, { limit = -1, since = null, reverse = false } = {}) => {
      const { publications, position } = resultOf(await running().history(channel, { limit, since, reverse }));
      return { publications: publications.map(readPublication), position };
    },
    historyRemove: async (channel) => void resultOf(await running().historyRemove(channel)),
    channels: (pattern = "") => running().channels(pattern),
    info: () => running().counts(),
  };
}

function payloadOf(data: unknown): Payload {
  return data instanceof Uint8Array ? { kind: "binary", bytes: data } : { kind: "json", json: jsonOf(data) };
}

/** The value as JSON. Refuses one that JSON cannot hold: undefined itself, a function, a circle, a bigint. */
function jsonOf(value: unknown): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch {
    // As undefined: the value is not one that JSON can hold.
  }
  return json ?? refuseField("data: expected a value that JSON can hold");
}

function readPublication({ data, offset, info, tags }: Publication): ReadPublication {
  return { data: JSON.parse(payloadToJson(data)), offset, ...(info && { info }), ...(tags && { tags }) };
}
