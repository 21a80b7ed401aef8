import type { Command, SubscribeRequest } from "../../core/command.ts";
import { isObject } from "../../core/object.ts";
import type { Payload } from "../../core/payload.ts";
import type { Fields } from "./schema.ts";

/** The methods, in the order in which the protocol looks for them: of two in one command the first is run. */
const methods = [
  "connect",
  "subscribe",
  "unsubscribe",
  "publish",
  "presence",
  "presence_stats",
  "history",
  "rpc",
  "send",
  "refresh",
  "sub_refresh",
] as const;

export type Method = (typeof methods)[number];

/** The method to run, or null where the command has none. */
export function methodOf(command: Fields): Method | null {
  for (const method of methods) {
    const request = command[method];
    if (request !== undefined && request !== null) {
      return method;
    }
  }
  return null;
}

/** Subscribe flag 2: answer error 112 instead of a subscription that could not be recovered. */
const flagRejectUnrecovered = 2;

/** Types of subscriptions that are not streams; for these the delta format is not looked at. */
const typesOtherThanStream = [1, 2, 3, 4];

/**
 * The command that a checked message asks for, or null where it asks for nothing that can be run: no method, no id, no
 * channel where one is needed. Both flavours of the protocol meet here; `payload` is what a publish carries, which each
 * of them keeps in its own way.
 */
export function toCommand(command: Fields, method: Method | null, payload: Payload): Command | null {
  const id = number(command, "id");
  if (method === null) {
    // Only an empty command is a pong. It may have fields that we do not know, but no id and not the reserved ping.
    return id === 0 && absent(command, "ping") ? { method: "pong" } : null;
  }
  const request = command[method];
  if (!isObject(request) || (id === 0 && method !== "send")) {
    return null;
  }
  switch (method) {
    case "rpc":
    case "send":
      return { method, id };
    case "connect":
      return toConnect(id, request);
    case "refresh":
      return toRefresh(id, request);
    default:
      return toChannelCommand(id, method, { request, payload });
  }
}

type ChannelMethod = Exclude<Method, "connect" | "rpc" | "send" | "refresh">;

/** What has a channel, which is never empty. */
function toChannelCommand(
  id: number,
  method: ChannelMethod,
  { request, payload }: { readonly request: Fields; readonly payload: Payload },
): Command | null {
  const channel = text(request, "channel");
  if (channel === "") {
    return null;
  }
  switch (method) {
    case "publish":
      return number(request, "type") === 1
        ? { method, id, channel, data: payload, mapped: true }
        : { method, id, channel, data: payload };
    case "unsubscribe":
    case "presence":
    case "presence_stats":
      return { method, id, channel };
    case "subscribe":
      return toSubscribe(id, channel, request);
    case "history":
      return toHistory(id, channel, request);
    case "sub_refresh":
      return { method, id, channel, token: text(request, "token") };
  }
}

function toConnect(id: number, request: Fields): Command {
  const subs = new Map<string, SubscribeRequest>();
  const asked = request["subs"];
  if (isObject(asked)) {
    for (const [channel, wish] of Object.entries(asked)) {
      subs.set(channel, toSubscribeRequest(isObject(wish) ? wish : {}));
    }
  }
  return { method: "connect", id, token: text(request, "token"), subs, name: text(request, "name") };
}

function toSubscribeRequest(request: Fields): SubscribeRequest {
  return {
    recover: flag(request, "recover") ? { offset: number(request, "offset"), epoch: text(request, "epoch") } : null,
    positioned: flag(request, "positioned"),
    recoverable: flag(request, "recoverable"),
    joinLeave: flag(request, "join_leave"),
    rejectUnrecovered: (number(request, "flag") & flagRejectUnrecovered) !== 0,
  };
}

function toSubscribe(id: number, channel: string, request: Fields): Command | null {
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
    token: text(request, "token"),
    type,
    delta,
    filtered: !absent(request, "tf"),
    ...toSubscribeRequest(request),
  };
}

function toHistory(id: number, channel: string, request: Fields): Command {
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
function toRefresh(id: number, request: Fields): Command | null {
  const token = text(request, "token");
  return token === "" ? null : { method: "refresh", id, token };
}

function absent(fields: Fields, name: string): boolean {
  const value = fields[name];
  return value === undefined || value === null;
}

/** An absent field has its zero value, as in the protocol's own codecs. */
function text(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}

function number(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === "number" ? value : 0;
}

function flag(fields: Fields, name: string): boolean {
  return fields[name] === true;
}
