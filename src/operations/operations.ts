import type { PublishSource, Told } from "../../actors/hub/events.ts";
import type { Target } from "../../actors/hub/registry.ts";
import type { Answer, Who } from "../api/answer.ts";
import type { Node } from "../app/node.ts";
import type { Draft, HistoryFilter, HistoryPage, Outcome } from "../broker/broker.ts";
import type { Channel } from "../channels/channel.ts";
import { type Disconnect, disconnects } from "../core/disconnects.ts";
import { type ClientError, errors } from "../core/errors.ts";
import type { SubscriptionOverride } from "../core/identity.ts";
import { type MaybePromise, maybePromise, then, thenAll } from "../core/maybe-promise.ts";
import type { Payload } from "../core/payload.ts";
import type { ClientInfo, Position } from "../core/publication.ts";
import type { PresenceStats } from "../core/reply.ts";
import type { Socket } from "../core/socket.ts";
import { seconds } from "../core/time.ts";
import { unsubscribes } from "../core/unsubscribes.ts";
import { type SendParts, sending } from "./sending.ts";

/** What a publish says beside its channel. */
export interface Publish {
  readonly data: Payload;
  /** Names and texts that clients receive beside the data. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** It is delivered and not kept. */
  readonly skipHistory?: boolean;
  /** Within five minutes a second publish with this key into the same channel has no effect and gets the first answer. */
  readonly idempotencyKey?: string;
  /** A publish whose version is not higher than that of the last one in its channel has no effect. */
  readonly version?: number;
  /** Versions are compared within one epoch; "" compares with any. */
  readonly versionEpoch?: string;
  /** The id of a connection that is not to receive it live. */
  readonly excludeClient?: string;
}

/** What a subscription by the server says beside its channel. */
interface Subscribe {
  /** Seconds since 1970; null is never. */
  readonly expireAt?: number | null;
  /** Raw JSON for others, and for the client. */
  readonly info?: string | undefined;
  readonly data?: string | undefined;
  readonly since?: Position | null;
  readonly override?: SubscriptionOverride;
}

/** With the time against which its expiry is held: milliseconds since 1970. */
interface SubscribeNow extends Subscribe {
  readonly now: number;
}

const done: Answer<null> = { ok: true, result: null };
const refused = (error: ClientError) => ({ ok: false, error }) as const;

/** The parts that operations work with. */
type Parts = Pick<Node, "rules" | "publications" | "hub" | "registry" | "presence" | "subscribers" | "broker"> &
  SendParts & {
    /** Where the publications of these operations come from. */
    readonly source: PublishSource;
  };

/**
 * What a back end can do, whether it comes by HTTP or from the same process. Permissions of clients do not bind it; the
 * options of namespaces do.
 */
export function createOperations(node: Parts) {
  return { ...publishing(node), ...sending(node), ...steering(node), ...asking(node), ...surveying(node) };
}

/** The channel, or the error for a name that is missing or of no namespace. */
function find({ rules }: Pick<Parts, "rules">, name: string): Channel | ClientError {
  if (name === "") return errors.badRequest;
  return rules.nameFault(name) ?? rules.resolve(name) ?? errors.unknownChannel;
}

function isError(found: Channel | ClientError): found is ClientError {
  return "code" in found;
}

function publishing(node: Parts) {
  const publish = (name: string, publish: Publish): MaybePromise<Answer<Position>> => {
    const channel = find(node, name);
    if (isError(channel)) return refused(channel);
    const { history } = channel.namespace;
    const { data, tags, idempotencyKey, version, versionEpoch, excludeClient, skipHistory } = publish;
    const plain = {
      channel: name,
      data,
      exclude: excludeClient ? socketOf(node, excludeClient) : null,
      ...(excludeClient && { excludeClient }),
      history: skipHistory ? null : history,
    };
    // Most publishes say nothing more, and spreading nothing takes longer than all else here.
    const draft: Draft =
      tags || idempotencyKey || version
        ? {
            ...plain,
            ...(tags && { tags }),
            ...(idempotencyKey && { idempotencyKey }),
            ...(version && { version, versionEpoch: versionEpoch ?? "" }),
          }
        : plain;
    return maybePromise((answer) =>
      node.publications.send({
        type: "publish",
        source: node.source,
        draft,
        done: (outcome) => answer(answerOf(outcome)),
      }),
    );
  };

  return {
    /** What is not kept on a disk is answered at once. */
    publish,

    broadcast: (names: readonly string[], what: Publish): MaybePromise<readonly Answer<Position>[]> =>
      thenAll(names.map((name) => publish(name, what))),
  };
}

function answerOf(outcome: Outcome): Answer<Position> {
  return outcome.ok ? { ok: true, result: outcome.value } : refused(outcome.error);
}

/** What a port that may fail has answered. */
function answered<Result>(result: Result | null): Answer<Result> {
  return result === null ? refused(errors.internal) : { ok: true, result };
}

/** The socket of a connection; null where there is none of that id. */
function socketOf({ registry }: Pick<Parts, "registry">, client: string): Socket | null {
  return registry.member(client)?.socket ?? null;
}

function targetOf({ user, client, whitelist }: Who): Target {
  return { user, client: client ?? "", except: new Set(whitelist) };
}

function steering(node: Pick<Parts, "rules" | "hub">) {
  const tell = (who: Who, event: Told): Answer<null> => {
    node.hub.send({ type: "user.tell", target: targetOf(who), event });
    return done;
  };
  return {
    subscribe: (who: Who, name: string, what: SubscribeNow): Answer<null> => {
      const channel = find(node, name);
      if (isError(channel)) return refused(channel);
      const { expireAt = null, info, data, since = null, override } = what;
      // As in Centrifugo: a subscription that would have expired already is not made.
      if (expireAt !== null && expireAt <= Math.floor(what.now / 1000)) return refused(errors.internal);
      const request = {
        channel: name,
        expireAt: expireAt === null ? null : seconds(expireAt),
        since,
        ...(info !== undefined && { info }),
        ...(data !== undefined && { data }),
        ...(override && { override }),
      };
      return tell(who, { type: "hub.subscribe", request });
    },

    unsubscribe: (who: Who, name: string): Answer<null> => {
      const channel = find(node, name);
      if (isError(channel)) return refused(channel);
      return tell(who, { type: "hub.unsubscribe", channel: name, unsubscribe: unsubscribes.server });
    },

    disconnect: (who: Who, disconnect: Disconnect = disconnects.forceDisconnect): Answer<null> =>
      tell(who, { type: "hub.disconnect", disconnect }),

    /** `expireAt` null takes the expiry away. */
    refresh: (who: Who, expireAt: number | null, info?: string): Answer<null> =>
      tell(who, {
        type: "hub.refresh",
        expireAt: expireAt === null ? null : seconds(expireAt),
        ...(info !== undefined && { info }),
      }),
  };
}

function asking(node: Pick<Parts, "rules" | "presence" | "broker">) {
  return {
    presence: (name: string): MaybePromise<Answer<ReadonlyMap<string, ClientInfo>>> => {
      const channel = find(node, name);
      if (isError(channel)) return refused(channel);
      if (!channel.namespace.options.presence) return refused(errors.notAvailable);
      return then(node.presence.list(name), answered);
    },

    presenceStats: (name: string): MaybePromise<Answer<PresenceStats>> => {
      const channel = find(node, name);
      if (isError(channel)) return refused(channel);
      if (!channel.namespace.options.presence) return refused(errors.notAvailable);
      return then(node.presence.stats(name), answered);
    },

    history: (name: string, filter: HistoryFilter): Promise<Answer<HistoryPage>> => {
      const channel = find(node, name);
      if (isError(channel)) return Promise.resolve(refused(channel));
      const { history } = channel.namespace;
      if (!history) return Promise.resolve(refused(errors.notAvailable));
      const limit = filter.limit < 0 ? history.size : filter.limit;
      const { promise, resolve } = Promise.withResolvers<Answer<HistoryPage>>();
      node.broker.history(name, history, { ...filter, limit }, (outcome) =>
        resolve(outcome.ok ? { ok: true, result: outcome.value } : refused(outcome.error)),
      );
      return promise;
    },

    historyRemove: (name: string): Promise<Answer<null>> => {
      const channel = find(node, name);
      if (isError(channel)) return Promise.resolve(refused(channel));
      const { history } = channel.namespace;
      if (!history) return Promise.resolve(refused(errors.notAvailable));
      const { promise, resolve } = Promise.withResolvers<Answer<null>>();
      node.broker.historyRemove(name, history, (error) => resolve(error ? refused(error) : done));
      return promise;
    },
  };
}

function surveying(node: Pick<Parts, "registry" | "subscribers">) {
  return {
    /** Channels with an subscribers, and how many connections each has; `pattern` may hold `*` for anything. */
    channels: (pattern: string): Map<string, number> => {
      const matches = pattern === "" ? () => true : globOf(pattern);
      const found = new Map<string, number>();
      for (const name of node.subscribers.channels()) if (matches(name)) found.set(name, node.subscribers.count(name));
      return found;
    },

    /** Connections that receive a channel now, without the one that is excluded. */
    audienceOf: (name: string, excludeClient = ""): number => {
      const excluded = excludeClient === "" ? null : socketOf(node, excludeClient);
      const isIn = excluded !== null && node.subscribers.includes(name, excluded);
      return node.subscribers.count(name) - (isIn ? 1 : 0);
    },

    counts: () => {
      const { connections, users } = node.registry.count();
      let subscriptions = 0;
      for (const name of node.subscribers.channels()) subscriptions += node.subscribers.count(name);
      return { clients: connections, users, subscriptions, channels: node.subscribers.size };
    },
  };
}

/** What a back end can do. */
export type Operations = ReturnType<typeof createOperations>;

/** A pattern in which `*` takes anything, matched without going back further than the last star: never slow. */
export function globOf(pattern: string): (text: string) => boolean {
  const parts = pattern.split("*");
  return (text) => {
    const [first = "", ...rest] = parts;
    if (rest.length === 0) return text === pattern;
    if (!text.startsWith(first)) return false;
    const last = rest.pop() ?? "";
    let at = first.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return text.length - last.length >= at && text.endsWith(last);
  };
}
