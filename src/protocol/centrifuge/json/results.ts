import { encodedOnce } from "../../../core/encoded-once.ts";
import { joined } from "../../../core/joined.ts";
import type { ClientInfo, Publication } from "../../../core/publication.ts";
import type { ConnectResult, Expiry, HistoryPage, PresenceStats, SubscribeResult } from "../../../core/reply.ts";
import { Members } from "./members.ts";
import { encodeInfo, encodePublication } from "./publication.ts";

/** The result of connect. */
export function connectResult(result: ConnectResult): string {
  const members = new Members().text("client", result.client).text("version", result.version).expiry(result);
  if (result.subs.size > 0) {
    members.raw("subs", encodeMap(result.subs, subscribeResult));
  }
  return members
    .json("data", result.data)
    .number("ping", result.ping)
    .flag("pong", result.ping !== null && result.pong !== false)
    .text("session", result.session?.id ?? "")
    .text("node", result.session?.node ?? "")
    .number("time", result.time)
    .object();
}

/** The result of subscribe, also in a connect or a push for a server-side subscription. */
export function subscribeResult(result: SubscribeResult): string {
  const members = standing(new Members().expiry(result), result);
  if (result.publications.length > 0) {
    members.raw("publications", encodePublications(result.publications));
  }
  return members
    .flag("recovered", result.recovered)
    .flag("was_recovering", result.wasRecovering)
    .flag("delta", result.delta === true)
    .object();
}

/**
 * The content of a push for a subscription that the server has made: no expiry and no recovery, which belong to
 * replies.
 */
export function subscribePush(result: SubscribeResult): string {
  return standing(new Members(), result).object();
}

function standing(members: Members, result: SubscribeResult): Members {
  members.flag("recoverable", result.recoverable).flag("positioned", result.positioned);
  if (result.position !== null) {
    members.text("epoch", result.position.epoch).number("offset", result.position.offset);
  }
  return members.json("data", result.data);
}

/** The result of refresh and sub_refresh: `{}` where nothing runs out any more. */
export function expiryResult(expiry: Expiry): string {
  return new Members().expiry(expiry).object();
}

/** The result of presence; the key is always there. Encoded once for all who ask, until the channel changes. */
export const presenceResult = encodedOnce(
  (clients: ReadonlyMap<string, ClientInfo>) => `{"presence":${encodeMap(clients, encodeInfo)}}`,
);

/** The result of presence_stats; both numbers are always there. */
export function presenceStatsResult(stats: PresenceStats): string {
  return `{"num_clients":${stats.clients},"num_users":${stats.users}}`;
}

/** The result of history; all three fields are always there. */
export function historyResult({ publications, position }: HistoryPage): string {
  const { epoch, offset } = position;
  return `{"publications":${encodePublications(publications)},"epoch":${JSON.stringify(epoch)},"offset":${offset}}`;
}

function encodePublications(publications: readonly Publication[]): string {
  return `[${joined(publications.map(encodePublication), ",")}]`;
}

function encodeMap<Value>(map: ReadonlyMap<string, Value>, encode: (value: Value) => string): string {
  const members = Array.from(map, ([name, value]) => `${JSON.stringify(name)}:${encode(value)}`);
  return `{${members.join(",")}}`;
}
