import type { Command, FilterNode, SubscribeRequest } from "../../core/command.ts";
import { isObject } from "../../core/object.ts";
import type { Payload } from "../../core/payload.ts";
import { SealedHeaders, SealedPayload } from "../../core/sealed.ts";
import { flag, list, number, text, token } from "./fields.ts";
import type { Fields } from "./schema.ts";

/** Types of subscriptions that are not streams; for these the delta format is not checked. */
const typesOtherThanStream = [1, 2, 3, 4];

/** A request's `data`, sealed; null where there is none. */
export function seal(payload: Payload | null): SealedPayload | null {
  return payload === null ? null : new SealedPayload(payload);
}

export function toConnect(id: number, request: Fields, payload: Payload | null): Command {
  const subs = new Map<string, SubscribeRequest>();
  const asked = request["subs"];
  if (isObject(asked)) {
    for (const [channel, wish] of Object.entries(asked)) {
      subs.set(channel, toSubscribeRequest(isObject(wish) ? wish : {}));
    }
  }
  return {
    method: "connect",
    id,
    token: token(request, "token"),
    data: seal(payload),
    subs,
    name: text(request, "name"),
    version: text(request, "version"),
    headers: toHeaders(request["headers"]),
  };
}

function toHeaders(value: unknown): SealedHeaders | null {
  if (!isObject(value)) {
    return null;
  }
  const entries = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return entries.length === 0 ? null : new SealedHeaders(Object.fromEntries(entries));
}

function toSubscribeRequest(request: Fields): SubscribeRequest {
  const filter = request["tf"];
  return {
    recover: flag(request, "recover") ? { offset: number(request, "offset"), epoch: text(request, "epoch") } : null,
    positioned: flag(request, "positioned"),
    recoverable: flag(request, "recoverable"),
    joinLeave: flag(request, "join_leave"),
    flag: number(request, "flag"),
    delta: text(request, "delta"),
    filter: isObject(filter) ? toFilter(filter) : null,
  };
}

/** As deep as the frame may be: `jsonLevelsMax`. */
function toFilter(node: Fields): FilterNode {
  return {
    op: text(node, "op"),
    key: text(node, "key"),
    cmp: text(node, "cmp"),
    val: text(node, "val"),
    vals: list(node, "vals").map((value) => (typeof value === "string" ? value : "")),
    nodes: list(node, "nodes").map((child) => toFilter(isObject(child) ? child : {})),
  };
}

export function toSubscribe(
  id: number,
  channel: string,
  { request, payload }: { readonly request: Fields; readonly payload: Payload | null },
): Command | null {
  const type = number(request, "type");
  const delta = text(request, "delta");
  // "fossil" is the one format that the protocol has; another one is a mistake of the client, not a wish.
  if (delta !== "" && delta !== "fossil" && !typesOtherThanStream.includes(type)) {
    return null;
  }
  return {
    method: "subscribe",
    id,
    channel,
    token: token(request, "token"),
    data: seal(payload),
    type,
    ...toSubscribeRequest(request),
  };
}

const typeMap = 1;

export function toPublish(
  id: number,
  channel: string,
  { request, payload }: { readonly request: Fields; readonly payload: Payload },
): Command {
  const isMapped = number(request, "type") === typeMap;
  return { method: "publish", id, channel, data: new SealedPayload(payload), isMapped };
}

export function toHistory(id: number, channel: string, request: Fields): Command {
  const since = request["since"];
  return {
    method: "history",
    id,
    channel,
    limit: number(request, "limit"),
    since: isObject(since) ? { offset: number(since, "offset"), epoch: text(since, "epoch") } : null,
    reverse: flag(request, "reverse"),
  };
}

/** A refresh without a token can never be anything but a mistake: the protocol ends it like other malformed commands. */
export function toRefresh(id: number, request: Fields): Command | null {
  const found = token(request, "token");
  return found === null ? null : { method: "refresh", id, token: found };
}

export function toSubRefresh(id: number, channel: string, request: Fields): Command {
  return { method: "sub_refresh", id, channel, token: token(request, "token") };
}
