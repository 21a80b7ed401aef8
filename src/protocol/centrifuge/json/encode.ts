import type { Disconnect } from "../../../core/disconnects.ts";
import type { ClientError } from "../../../core/errors.ts";
import type { Push, Reply } from "../../../core/reply.ts";
import type { Unsubscribe } from "../../../core/unsubscribes.ts";
import { Members } from "./members.ts";
import { encodeInfo } from "./publication.ts";
import {
  connectResult,
  expiryResult,
  historyResult,
  presenceResult,
  presenceStatsResult,
  subscribePush,
  subscribeResult,
} from "./results.ts";

/** The answer to a command. The key of the result is always there, also where the result is empty. */
export function encodeReply(reply: Reply): string {
  return `{"id":${reply.id},"${reply.method}":${encodeResult(reply)}}`;
}

function encodeResult(reply: Reply): string {
  switch (reply.method) {
    case "publish":
    case "unsubscribe":
      return "{}";
    case "rpc":
      return new Members().json("data", reply.result.data).object();
    case "error":
      return encodeError(reply.error);
    case "connect":
      return connectResult(reply.result);
    case "subscribe":
      return subscribeResult(reply.result);
    case "presence":
      return presenceResult(reply.result);
    case "presence_stats":
      return presenceStatsResult(reply.result);
    case "history":
      return historyResult(reply.result);
    case "refresh":
    case "sub_refresh":
      return expiryResult(reply.result);
  }
}

/** What the server says unasked, but for publications, which have a path of their own. */
export function encodePush(push: Push): string {
  return `{"push":${encodeBarePush(push)}}`;
}

/** The same without the reply around it, as unidirectional clients read it. */
export function encodeBarePush(push: Push): string {
  if (push.type === "refresh") {
    return `{"refresh":${expiryResult(push.expiry)}}`;
  }
  if (push.type === "disconnect") {
    return `{"disconnect":${encodeCode(push.disconnect)}}`;
  }
  const channel = push.channel === "" ? "" : `"channel":${JSON.stringify(push.channel)},`;
  return `{${channel}"${push.type}":${encodePushed(push)}}`;
}

function encodePushed(push: Exclude<Push, { readonly type: "refresh" | "disconnect" }>): string {
  switch (push.type) {
    case "join":
    case "leave":
      return `{"info":${encodeInfo(push.info)}}`;
    case "subscribe":
      return subscribePush(push.result);
    case "unsubscribe":
      return encodeCode(push.unsubscribe);
  }
}

function encodeCode({ code, reason }: Unsubscribe | Disconnect): string {
  return reason === "" ? `{"code":${code}}` : `{"code":${code},"reason":${JSON.stringify(reason)}}`;
}

function encodeError({ code, message, temporary }: ClientError): string {
  // Of a back end's own error each field may be missing.
  if (code === 0 || message === "")
    return JSON.stringify({ code: code || undefined, message: message || undefined, temporary });
  return `{"code":${code},"message":${JSON.stringify(message)}${temporary === true ? ',"temporary":true' : ""}}`;
}
