import { type Payload, payloadToJson, tagsOf } from "../../../core/payload.ts";
import type { ClientInfo, Publication } from "../../../core/publication.ts";

/**
 * A publication as the push that all subscribers of this flavour get. The hot path: it runs once per publication,
 * whatever the number of subscribers. NNN ns for 64 bytes of payload on Bun 1.4.5.
 */
export function encodePublicationPush(channel: string, publication: Publication): string {
  return `{"push":{"channel":${JSON.stringify(channel)},"pub":${encodePublication(publication)}}}`;
}

/** A message to one client that belongs to no channel. */
export function encodeMessagePush(data: Payload): string {
  return `{"push":{"message":{"data":${payloadToJson(data)}}}}`;
}

/**
 * A publication as it stands in pushes, histories and recoveries. Fields that have their zero value are left out, and
 * the epoch is named by the first publication of a stream alone: that is where a client could mistake it for another.
 */
export function encodePublication(publication: Publication): string {
  const { data, offset, info } = publication;
  let fields = `"data":${payloadToJson(data)}`;
  if (info !== undefined) {
    fields += `,"info":${encodeInfo(info)}`;
  }
  if (offset !== 0) {
    fields += `,"offset":${offset}`;
  }
  const tags = tagsOf(data, publication.tags);
  if (tags !== undefined && Object.keys(tags).length > 0) {
    fields += `,"tags":${JSON.stringify(tags)}`;
  }
  if (offset === 1) {
    fields += `,"epoch":${JSON.stringify(publication.epoch)}`;
  }
  return `{${fields}}`;
}

/** Who a connection is, as others see it. User and client are always written, also an empty user. */
export function encodeInfo(info: ClientInfo): string {
  let fields = `"user":${JSON.stringify(info.user)},"client":${JSON.stringify(info.client)}`;
  if (info.connInfo !== undefined) {
    fields += `,"conn_info":${info.connInfo}`;
  }
  if (info.chanInfo !== undefined) {
    fields += `,"chan_info":${info.chanInfo}`;
  }
  return `{${fields}}`;
}
