import { payloadToJson, tagsOf } from "../core/payload.ts";
import type { ClientInfo, Position, Publication } from "../core/publication.ts";

/** `{"error":{...}}`; whether an error is temporary is for clients, not for back ends. */
export function encodeError({ code, message }: { readonly code: number; readonly message: string }): string {
  return `{"error":{"code":${code},"message":${JSON.stringify(message)}}}`;
}

/** Where a publication is; nothing where it is not kept. */
export function encodePosition({ offset, epoch }: Position): string {
  if (epoch === "") return "{}";
  return offset === 0 ? `{"epoch":${JSON.stringify(epoch)}}` : `{"offset":${offset},"epoch":${JSON.stringify(epoch)}}`;
}

/** A publication in a history; the epoch is beside it and not in it. */
export function encodePublication({ data, offset, info, tags }: Publication): string {
  const allTags = tagsOf(data, tags);
  const hasTags = allTags !== undefined && Object.keys(allTags).length > 0;
  return `{"data":${inOneLine(payloadToJson(data) || "null")},"offset":${offset}${
    info ? `,"info":${encodeInfo(info)}` : ""
  }${hasTags ? `,"tags":${JSON.stringify(allTags)}` : ""}}`;
}

/** A connection as others see it. */
export function encodeInfo({ user, client, connInfo, chanInfo }: ClientInfo): string {
  return `{"user":${JSON.stringify(user)},"client":${JSON.stringify(client)}${
    connInfo ? `,"conn_info":${inOneLine(connInfo)}` : ""
  }${chanInfo ? `,"chan_info":${inOneLine(chanInfo)}` : ""}}`;
}

/** Raw JSON without line breaks, which separate replies from each other; within JSON one is always between tokens. */
function inOneLine(json: string): string {
  return json.includes("\n") ? json.replaceAll("\n", "") : json;
}
