import type { Frame } from "../../core/frame.ts";
import { encodingTag, type Payload, stringIn } from "../../core/payload.ts";
import type { Encoding, Protocol, ProtocolSettings } from "../protocol.ts";
import { toPublish } from "./frame.ts";

/** Publications as bare frames: no channel, no metadata, and neither joins nor leaves. */
export const plainEncoding: Encoding = {
  name: "plain",
  dialect: "plain",
  encodePublication: (_channel, { data, tags }) => toFrame(data, tags?.[encodingTag] === "base64"),
  encodePresence: () => null,
};

/**
 * The plain protocol: every frame is a publication in the one channel that the connection was opened for, and every
 * publication is a frame. Its clients receive nothing else: no replies, no joins, no pings but WebSocket's own.
 */
export function createPlain(settings: ProtocolSettings): Protocol {
  return {
    name: "plain",
    dialect: "plain",
    encoding: plainEncoding,
    isBinary: false,
    capabilities: {
      canReadErrors: false,
      canReceiveMessages: true,
      canBeSubscribedByServer: false,
      canRefresh: false,
      hasNativePing: true,
      sendsConnect: false,
      hasDefaultChannel: true,
      echoesFrames: false,
      admitsAnonymous: false,
      isUnidirectional: false,
    },
    settings,
    decode: (frame, defaultChannel) => ({ commands: [toPublish(frame, defaultChannel)], malformed: false }),
    encodeReply: () => null,
    encodePush: () => null,
    encodeMessage: (data) => toFrame(data, false),
    ping: null,
  };
}

/** Text as text and bytes as bytes; of JSON a string as its text, or as its bytes where it is base64, else as it is. */
function toFrame(payload: Payload, isBase64: boolean): Frame {
  switch (payload.kind) {
    case "text":
      return payload.text;
    case "binary":
      return payload.bytes;
    case "json": {
      const text = stringIn(payload.json);
      if (text === null) {
        return payload.json;
      }
      return isBase64 ? Buffer.from(text, "base64") : text;
    }
  }
}
