import { toPublish } from "../plain/frame.ts";
import type { Protocol, ProtocolSettings } from "../protocol.ts";

/** The protocol of `/echo`: every frame is returned to its sender by the publish lane, and is published to no channel. */
export function createEcho(settings: ProtocolSettings): Protocol {
  return {
    name: "echo",
    dialect: "echo",
    encoding: null,
    isBinary: false,
    capabilities: {
      canReadErrors: false,
      canReceiveMessages: false,
      canBeSubscribedByServer: false,
      canRefresh: false,
      hasNativePing: true,
      sendsConnect: false,
      hasDefaultChannel: false,
      echoesFrames: true,
      admitsAnonymous: true,
      isUnidirectional: false,
    },
    settings,
    decode: (frame, defaultChannel) => ({ commands: [toPublish(frame, defaultChannel)], malformed: false }),
    encodeReply: () => null,
    encodePush: () => null,
    encodeMessage: () => null,
    ping: null,
  };
}
