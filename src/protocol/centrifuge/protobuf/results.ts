import { encodedOnce } from "../../../core/encoded-once.ts";
import type { ClientInfo } from "../../../core/publication.ts";
import type { ConnectResult, Expiry, HistoryPage, PresenceStats, SubscribeResult } from "../../../core/reply.ts";
import { type FinishedMessage, MessageWriter } from "./message-writer.ts";
import { infoMessage, publicationMessage } from "./publication.ts";

/** The result of connect. */
export function connectResult(result: ConnectResult): MessageWriter {
  return new MessageWriter()
    .text(1, result.client)
    .text(2, result.version)
    .expiry(3, result.ttl)
    .text(5, result.data)
    .map(6, result.subs, subscribeResult)
    .number(7, result.ping)
    .flag(8, result.ping !== null && result.pong !== false)
    .text(9, result.session?.id)
    .text(10, result.session?.node)
    .number(11, result.time);
}

/** The result of subscribe, also in a connect. */
export function subscribeResult(result: SubscribeResult): MessageWriter {
  const { position } = result;
  const message = new MessageWriter().expiry(1, result.ttl).flag(3, result.recoverable);
  if (position !== null) message.text(6, position.epoch);
  for (const publication of result.publications) message.message(7, publicationMessage(publication));
  message.flag(8, result.recovered);
  if (position !== null) message.number(9, position.offset);
  return message
    .flag(10, result.positioned)
    .text(11, result.data)
    .flag(12, result.wasRecovering)
    .flag(13, result.delta === true);
}

/** A subscription that the server has made, in a push: without expiry and recovery, which belong to replies. */
export function subscribePush({ recoverable, positioned, position, data }: SubscribeResult): MessageWriter {
  const message = new MessageWriter().flag(1, recoverable);
  if (position !== null) message.text(4, position.epoch).number(5, position.offset);
  return message.flag(6, positioned).text(7, data);
}

/** The result of refresh: `ttl` follows `expires` in the numbers of the fields. */
export function refreshResult({ ttl }: Expiry): MessageWriter {
  return new MessageWriter().expiry(3, ttl);
}

/** The result of sub_refresh, and the push of a refresh. */
export function expiryResult({ ttl }: Expiry): MessageWriter {
  return new MessageWriter().expiry(1, ttl);
}

/** Encoded once for all who ask, until the channel changes. */
export const presenceResult = encodedOnce((clients: ReadonlyMap<string, ClientInfo>): FinishedMessage => {
  const bytes = new MessageWriter().map(1, clients, infoMessage).finish();
  return { finish: () => bytes };
});

export function presenceStatsResult({ clients, users }: PresenceStats): MessageWriter {
  return new MessageWriter().number(1, clients).number(2, users);
}

export function historyResult({ publications, position }: HistoryPage): MessageWriter {
  const message = new MessageWriter();
  for (const publication of publications) message.message(1, publicationMessage(publication));
  return message.text(2, position.epoch).number(3, position.offset);
}
