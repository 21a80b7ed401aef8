import type { HistoryFilter } from "../broker/broker.ts";
import type { Disconnect } from "../core/disconnects.ts";
import { errors } from "../core/errors.ts";
import type { SubscriptionOverride } from "../core/identity.ts";
import { payloadToJson } from "../core/payload.ts";
import type { ClientInfo, Position, Publication } from "../core/publication.ts";
import type { PresenceStats } from "../core/reply.ts";
import { parseDuration } from "../options/duration.ts";
import { expectArgument, expectChannel, schemas } from "./in-process-arguments.ts";
import { jsonOfValue, payloadOfValue } from "./json-value.ts";
import { OperationError, refuseField, valueOrThrow } from "./operation-error.ts";
import type { Operations } from "./operations.ts";
import type { Publish } from "./publish.ts";
import type { Send, Sent } from "./send.ts";
import type { AnyUser, Who } from "./server-commands.ts";
import type { Counts } from "./survey.ts";

/** The options of a publish. */
type PublishOptions = Omit<Publish, "data">;

/** The options of a subscription. */
interface SubscribeOptions {
  /** When it ends, in seconds since 1970; null or absent: never. */
  readonly expireAt?: number | null;
  /** What others see of it in presence: any value that JSON can hold. */
  readonly info?: unknown;
  /** What the client receives with it: any value that JSON can hold. */
  readonly data?: unknown;
  /** What the client has already: it receives what came after that position. */
  readonly since?: Position | null;
  /** What holds for it instead of the namespace's options. */
  readonly override?: SubscriptionOverride;
}

/** The addressee of a message: all connections of a user, or one connection. */
type Addressee = Partial<Pick<Who, "user" | "client">>;

/** The options of a message. */
interface SendOptions extends Send {
  /** Instead of `queueTtl`: a duration such as "24h", or milliseconds. */
  readonly ttl?: string | number;
}

/** A publication as an application reads it. */
interface ReadPublication {
  /** The JSON value that was published; bytes are base64. */
  readonly data: unknown;
  readonly offset: number;
  /** The client that published it; absent for a back end. */
  readonly info?: ClientInfo;
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * The operations of the HTTP API as methods. Each returns a promise, and rejects with an OperationError where HTTP
 * answers an error, where an argument is not of its type, and after the server has stopped.
 */
export interface InProcess {
  /**
   * Publishes into a channel. `data` is any value that JSON can hold, or bytes: an ArrayBuffer, a view of one, or a Blob.
   * A part that JSON cannot hold is refused (107) and not dropped. Resolves when it is committed, with its position;
   * offset 0 where the channel keeps no history.
   */
  publish(channel: string, data: unknown, options?: PublishOptions): Promise<Position>;
  /** Publishes the same into many channels. Resolves with one outcome for each, in their order. */
  broadcast(
    channels: readonly string[],
    data: unknown,
    options?: PublishOptions,
  ): Promise<(Position | OperationError)[]>;
  /**
   * Sends a message to every connection of a user, or to one; for a user without a connection it is kept for `queueTtl`
   * milliseconds. With `until` it is kept until it has arrived. Resolves with the number of connections that it was sent
   * to, and whether it waits for the next one.
   */
  send(who: Addressee, data: unknown, options?: SendOptions): Promise<Sent>;
  /** Subscribes a user's connections to a channel. */
  subscribe(who: Who, channel: string, options?: SubscribeOptions): Promise<void>;
  /** Unsubscribes a user's connections from a channel. */
  unsubscribe(who: Who, channel: string): Promise<void>;
  /**
   * Closes a user's connections on all nodes, or the one with an id (`client`, without `user`), by default with code 3503:
   * a code from 3000 to 4999, a reason of up to 123 bytes.
   */
  disconnect(who: Who | AnyUser, disconnect?: Disconnect): Promise<void>;
  /** Sets when a user's connections expire: `expireAt` in seconds since 1970; null: never. */
  refresh(who: Who, expireAt: number | null): Promise<void>;
  /** The connections in a channel, by their ids. */
  presence(channel: string): Promise<ReadonlyMap<string, ClientInfo>>;
  /** How many connections and users are in a channel. */
  presenceStats(channel: string): Promise<PresenceStats>;
  /** What a channel keeps: all of it, oldest first, unless the filter says otherwise. `position` is that of the newest. */
  history(
    channel: string,
    filter?: Partial<HistoryFilter>,
  ): Promise<{ publications: ReadPublication[]; position: Position }>;
  /** Removes a channel's publications and keeps its position. */
  historyRemove(channel: string): Promise<void>;
  /**
   * The channels with a subscriber on any node and how many connections each has, by a glob over the names; "" is all.
   * What is on a node that does not answer within a second is missing.
   */
  channels(pattern?: string): Promise<ReadonlyMap<string, number>>;
  /**
   * How many connections, users, subscriptions and channels there are on all nodes; a user or a channel of several nodes
   * is counted on each. `missing`: the names of nodes that did not answer within a second; absent where all did.
   */
  info(): Promise<Counts & { readonly missing?: readonly string[] }>;
}

/** The operations of a running server. Throws after it has stopped: its Hub answers nothing, and a publish would never resolve. */
type Running = () => Operations;

/** Makes the operations callable from the same process. */
export function createInProcess(operations: Operations, isRunning: () => boolean): InProcess {
  const running = (): Operations => {
    if (isRunning()) return operations;
    throw new OperationError({ code: errors.internal.code, message: "the server has stopped" });
  };
  return { ...publishes(running), ...serverCommands(running), ...queries(running) };
}

function publishes(running: Running): Pick<InProcess, "publish" | "broadcast" | "send"> {
  const publishOf = async (data: unknown, options: PublishOptions = {}): Promise<Publish> => {
    expectArgument(schemas.publish, options);
    return { ...options, data: await payloadOfValue(data) };
  };
  return {
    publish: async (channel, data, options) => {
      expectChannel(channel);
      const publish = await publishOf(data, options);
      return valueOrThrow(await running().publish(channel, publish, null));
    },
    broadcast: async (channels, data, options) => {
      expectArgument(schemas.channels, { channels });
      const publish = await publishOf(data, options);
      const results = await running().broadcast(channels, publish, null);
      return results.map((result) => (result.ok ? result.value : new OperationError(result.error)));
    },
    send: async (who, data, options = {}) => {
      expectArgument(schemas.addressee, who);
      expectArgument(schemas.send, options);
      const { user = "", client = "" } = who;
      const send = sendOf(options);
      const payload = await payloadOfValue(data);
      return valueOrThrow(await running().send({ user, client }, payload, send, null));
    },
  };
}

function serverCommands(running: Running): Pick<InProcess, "subscribe" | "unsubscribe" | "disconnect" | "refresh"> {
  return {
    subscribe: async (who, channel, { info, data, ...options } = {}) => {
      expectArgument(schemas.who, who);
      expectChannel(channel);
      expectArgument(schemas.expiry, options);
      expectArgument(schemas.subscribe, options);
      const raw = {
        ...(info !== undefined && { info: jsonOfValue("info", info) }),
        ...(data !== undefined && { data: jsonOfValue("data", data) }),
      };
      valueOrThrow(await running().subscribe(who, channel, { ...options, ...raw }, null));
    },
    unsubscribe: async (who, channel) => {
      expectArgument(schemas.who, who);
      expectChannel(channel);
      valueOrThrow(running().unsubscribe(who, channel));
    },
    disconnect: async (who, disconnect) => {
      expectArgument(who.user === undefined && who.client ? schemas.connection : schemas.who, who);
      if (disconnect) expectArgument(schemas.disconnect, disconnect);
      valueOrThrow(running().disconnect(who, disconnect));
    },
    refresh: async (who, expireAt) => {
      expectArgument(schemas.who, who);
      expectArgument(schemas.expiry, { expireAt });
      valueOrThrow(running().refresh(who, expireAt));
    },
  };
}

type Queries = "presence" | "presenceStats" | "history" | "historyRemove" | "channels" | "info";

function queries(running: Running): Pick<InProcess, Queries> {
  return {
    presence: async (channel) => {
      expectChannel(channel);
      return valueOrThrow(await running().presence(channel));
    },
    presenceStats: async (channel) => {
      expectChannel(channel);
      return valueOrThrow(await running().presenceStats(channel));
    },
    history: async (channel, filter = {}) => {
      expectChannel(channel);
      expectArgument(schemas.history, filter);
      const { limit = -1, since = null, reverse = false } = filter;
      const { publications, position } = valueOrThrow(
        await running().history(channel, { limit, since, reverse }, { source: null }),
      );
      return { publications: publications.map(readPublication), position };
    },
    historyRemove: async (channel) => {
      expectChannel(channel);
      valueOrThrow(await running().historyRemove(channel));
    },
    channels: async (pattern = "") => {
      expectArgument(schemas.pattern, { pattern });
      return valueOrThrow(await running().channels(pattern)).value;
    },
    info: async () => {
      const { value, missing } = await running().counts();
      return missing.length === 0 ? value : { ...value, missing: missing.map(({ name }) => name) };
    },
  };
}

function sendOf({ ttl, ...send }: SendOptions): Send {
  if (ttl === undefined) return send;
  if (send.queueTtl !== undefined) refuseField("ttl: expected either ttl or queueTtl");
  const queueTtl = typeof ttl === "number" ? ttl : parseDuration(ttl);
  return queueTtl === null ? refuseField('ttl: expected a duration such as "24h"') : { ...send, queueTtl };
}

function readPublication({ data, offset, info, tags }: Publication): ReadPublication {
  const json = payloadToJson(data);
  return { data: json === "" ? undefined : JSON.parse(json), offset, ...(info && { info }), ...(tags && { tags }) };
}
