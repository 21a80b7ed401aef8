import type { Push, Reply } from "../../../core/reply.ts";
import { MessageWriter } from "./message-writer.ts";
import { infoMessage, pushFrame } from "./publication.ts";
import {
  connectResult,
  expiryResult,
  historyResult,
  presenceResult,
  presenceStatsResult,
  refreshResult,
  subscribePush,
  subscribeResult,
} from "./results.ts";

/** The answer to a command, as a frame. */
export function encodeReply(reply: Reply): Uint8Array {
  const message = new MessageWriter().number(1, reply.id);
  switch (reply.method) {
    case "error": {
      const { code, message: text, temporary } = reply.error;
      message.message(
        2,
        new MessageWriter()
          .number(1, code)
          .text(2, text)
          .flag(3, temporary === true),
      );
      break;
    }
    case "connect":
      message.message(5, connectResult(reply.result));
      break;
    case "subscribe":
      message.message(6, subscribeResult(reply.result));
      break;
    case "unsubscribe":
      message.message(7, new MessageWriter());
      break;
    case "publish":
      message.message(8, new MessageWriter());
      break;
    case "presence":
      message.message(9, presenceResult(reply.result));
      break;
    case "presence_stats":
      message.message(10, presenceStatsResult(reply.result));
      break;
    case "history":
      message.message(11, historyResult(reply.result));
      break;
    case "rpc":
      message.message(13, new MessageWriter().text(1, reply.result.data));
      break;
    case "refresh":
      message.message(14, refreshResult(reply.result));
      break;
    case "sub_refresh":
      message.message(15, expiryResult(reply.result));
      break;
  }
  return message.frame();
}

/** What the server sends unasked, except publications and messages, as a frame. */
export function encodePush(push: Push): Uint8Array {
  const message = new MessageWriter();
  switch (push.type) {
    case "join":
      return pushFrame(
        message.text(2, push.channel).message(5, new MessageWriter().message(1, infoMessage(push.info))),
      );
    case "leave":
      return pushFrame(
        message.text(2, push.channel).message(6, new MessageWriter().message(1, infoMessage(push.info))),
      );
    case "unsubscribe": {
      const { code, reason } = push.unsubscribe;
      return pushFrame(message.text(2, push.channel).message(7, new MessageWriter().number(2, code).text(3, reason)));
    }
    case "subscribe":
      return pushFrame(message.text(2, push.channel).message(9, subscribePush(push.result)));
    case "refresh":
      return pushFrame(message.message(12, expiryResult(push.expiry)));
    case "disconnect": {
      const { code, reason } = push.disconnect;
      return pushFrame(message.message(11, new MessageWriter().number(1, code).text(2, reason)));
    }
  }
}
