import type { Command } from "../../core/command.ts";
import { isObject } from "../../core/object.ts";
import { noData, type Payload } from "../../core/payload.ts";
import { absent, number, text } from "./fields.ts";
import { seal, toConnect, toHistory, toPublish, toRefresh, toSubRefresh, toSubscribe } from "./requests.ts";
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

/** The methods whose request may have `data`. */
const methodsWithData: readonly (Method | null)[] = ["connect", "subscribe", "publish", "rpc", "send"];

/** Whether a command's request has `data`, which each flavour of the protocol takes from the frame in its own way. */
export function hasData(command: Fields, method: Method | null): method is Method {
  if (method === null || !methodsWithData.includes(method)) {
    return false;
  }
  const request = command[method];
  // Null is data.
  return isObject(request) && request["data"] !== undefined;
}

/**
 * The command that a checked message asks for, or null where it asks for nothing that can be run: no method, no id, no
 * channel where one is needed. Both flavours of the protocol meet here; `payload` is the request's `data`, which each of
 * them keeps in its own way; null where it has none.
 */
export function toCommand(command: Fields, method: Method | null, payload: Payload | null): Command | null {
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
      return { method, id, name: text(request, "method"), data: seal(payload) };
    case "send":
      return { method, id, data: seal(payload) };
    case "connect":
      return toConnect(id, request, payload);
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
  { request, payload }: { readonly request: Fields; readonly payload: Payload | null },
): Command | null {
  const channel = text(request, "channel");
  if (channel === "") {
    return null;
  }
  switch (method) {
    case "publish":
      return toPublish(id, channel, { request, payload: payload ?? noData });
    case "unsubscribe":
    case "presence":
    case "presence_stats":
      return { method, id, channel };
    case "subscribe":
      return toSubscribe(id, channel, { request, payload });
    case "history":
      return toHistory(id, channel, request);
    case "sub_refresh":
      return toSubRefresh(id, channel, request);
  }
}
