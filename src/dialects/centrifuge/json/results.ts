import type { ClientInfo, Publication } from "../../../core/publication.ts";
import type { ConnectResult, Expiry, HistoryPage, PresenceStats, SubscribeResult } from "../../../core/reply.ts";
import { encodeInfo, encodePublication } from "./publication.ts";

/** Fields written so far, without the braces: what has its zero value is left out, as the protocol's codecs do. */
class Fields {
  #text = "";

  /** A field whose value is already JSON. */
  raw(name: string, json: string): this {
    this.#text += `${this.#text === "" ? "" : ","}"${name}":${json}`;
    return this;
  }

  text(name: string, value: string): this {
    return value === "" ? this : this.raw(name, JSON.stringify(value));
  }

  number(name: string, value: number | null): this {
    return value === null || value === 0 ? this : this.raw(name, String(value));
  }

  flag(name: string, value: boolean): this {
    return value ? this.raw(name, "true") : this;
  }

  /** Whether and when something runs out; `ttl` in seconds. */
  expiry({ ttl }: Expiry): this {
    return ttl === null ? this : this.flag("expires", true).number("ttl", ttl);
  }

  /** The fields as an object. */
  object(): string {
    return `{${this.#text}}`;
  }
}

/** The result of connect. */
export function connectResult(result: ConnectResult): string {
  const fields = new Fields().text("client", result.client).text("version", result.version).expiry(result);
  if (result.subs.size > 0) {
    fields.raw("subs", encodeMap(result.subs, subscribeResult));
  }
  return fields
    .number("ping", result.ping)
    .flag("pong", result.ping !== null && result.pong !== false)
    .number("time", result.time)
    .object();
}

/** The result of subscribe, also where a connect or a push tells of a subscription on the server's side. */
export function subscribeResult(result: SubscribeResult): string {
  const fields = standing(new Fields().expiry(result), result);
  if (result.publications.length > 0) {
    fields.raw("publications", encodePublications(result.publications));
  }
  return fields.flag("recovered", result.recovered).flag("was_recovering", result.wasRecovering).object();
}

/** What a push tells of a subscription that the server has made: no expiry and no recovery, which belong to replies. */
export function subscribePush(result: SubscribeResult): string {
  return standing(new Fields(), result).object();
}

function standing(fields: Fields, result: SubscribeResult): Fields {
  fields.flag("recoverable", result.recoverable).flag("positioned", result.positioned);
  if (result.position !== null) {
    fields.text("epoch", result.position.epoch).number("offset", result.position.offset);
  }
  return result.data === undefined ? fields : fields.raw("data", result.data);
}

/** The result of refresh and sub_refresh: `{}` where nothing runs out any more. */
export function expiryResult(expiry: Expiry): string {
  return new Fields().expiry(expiry).object();
}

/** The result of presence; the key is always there. */
export function presenceResult(clients: ReadonlyMap<string, ClientInfo>): string {
  return `{"presence":${encodeMap(clients, encodeInfo)}}`;
}

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
  return `[${publications.map(encodePublication).join(",")}]`;
}

function encodeMap<Value>(map: ReadonlyMap<string, Value>, encode: (value: Value) => string): string {
  const members = Array.from(map, ([name, value]) => `${JSON.stringify(name)}:${encode(value)}`);
  return `{${members.join(",")}}`;
}
