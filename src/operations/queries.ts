import type { Account, Broker, HistoryFilter } from "../broker/broker.ts";
import type { ChannelRules } from "../channels/rules.ts";
import { type ClientError, errors, isError } from "../core/errors.ts";
import { type MaybePromise, maybePromise, then } from "../core/maybe-promise.ts";
import type { ClientInfo } from "../core/publication.ts";
import type { HistoryPage, PresenceStats } from "../core/reply.ts";
import { done, type Result, refuse } from "../core/result.ts";
import type { Slices } from "../core/slices.ts";
import type { PresenceQueries } from "../presence/presence.ts";
import { readHistory } from "./history.ts";
import type { Source } from "./publish.ts";

/** What queries work with. */
export interface QueriesPorts {
  readonly rules: ChannelRules;
  readonly presence: PresenceQueries;
  readonly broker: Pick<Broker, "history" | "historyRemove">;
  readonly slices: Slices;
  /** Who is charged for a stream that begins by being read. */
  accountOf(source: Source): Account;
}

/** For whom a history is read. */
interface HistoryOptions {
  readonly source: Source;
  /** Bytes of data at the most: over it it is error 106. */
  readonly bytesMax?: number;
}

/** What a back end can read of a channel, and the removal of its history. */
export function createQueries({ rules, presence, broker, slices, accountOf }: QueriesPorts) {
  const ifPresent = <Value>(name: string, ask: () => MaybePromise<Value | null>): MaybePromise<Result<Value>> => {
    const channel = rules.find(name);
    if (isError(channel)) return refuse(channel);
    if (!channel.namespace.options.presence) return refuse(errors.notAvailable);
    return then(ask(), (value) => (value === null ? refuse(errors.internal) : { ok: true, value }));
  };

  return {
    /** Why a channel cannot be used; null where it can. */
    channelError: (name: string): ClientError | null => {
      const channel = rules.find(name);
      return isError(channel) ? channel : null;
    },

    /** `bytesMax`: of the list, as JSON; over it it may be error 106. */
    presence: (name: string, bytesMax?: number): MaybePromise<Result<ReadonlyMap<string, ClientInfo>>> =>
      then(
        ifPresent(name, () => presence.list(name, bytesMax)),
        (found): Result<ReadonlyMap<string, ClientInfo>> =>
          !found.ok ? found : found.value === "over" ? refuse(errors.limitExceeded) : { ok: true, value: found.value },
      ),

    presenceStats: (name: string): MaybePromise<Result<PresenceStats>> => ifPresent(name, () => presence.stats(name)),

    history: (
      name: string,
      filter: HistoryFilter,
      { source, bytesMax = Number.POSITIVE_INFINITY }: HistoryOptions,
    ): MaybePromise<Result<HistoryPage>> => {
      const channel = rules.find(name);
      if (isError(channel)) return refuse(channel);
      const { history } = channel.namespace;
      if (!history) return refuse(errors.notAvailable);
      const limit = filter.limit < 0 ? history.size : filter.limit;
      const read = (part: HistoryFilter): MaybePromise<Result<HistoryPage>> =>
        maybePromise((done) => broker.history(name, history, part, done));
      return readHistory({ ...filter, limit, account: accountOf(source) }, { read, slices, bytesMax });
    },

    historyRemove: (name: string): MaybePromise<Result<null>> => {
      const channel = rules.find(name);
      if (isError(channel)) return refuse(channel);
      const { history } = channel.namespace;
      if (!history) return refuse(errors.notAvailable);
      return maybePromise((answer) =>
        broker.historyRemove(name, history, (error) => answer(error ? refuse(error) : done)),
      );
    },
  };
}
