import type { Protocol, ProtocolSettings } from "../protocol.ts";

/** The protocol of `/echo`: frames are returned to their sender, and are neither commands nor publications. */
export function createEcho(settings: ProtocolSettings): Protocol {
  return {
    name: "echo",
    dialect: "echo",
    encoding: null,
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
    decode: () => ({ commands: [], malformed: false }),
    encodeReply: () => null,
    encodePush: () => null,
    encodeMessage: () => null,
    ping: null,
  };
}
