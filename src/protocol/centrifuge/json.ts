import { sharedBytesMax } from "../../core/payload.ts";
import type { Encoding, Protocol, ProtocolSettings } from "../protocol.ts";
import { encodePush, encodeReply } from "./json/encode.ts";
import { decodeFrame } from "./json/frame.ts";
import { encodeMessagePush, encodePublicationPush } from "./json/publication.ts";

export interface CentrifugeOptions {
  /** Commands in one frame; after them the frame is malformed. At least 1; `client.commands_per_frame_limit`. */
  readonly commandsPerFrameMax: number;
  /** WebSocket's pings instead of the protocol's (`cf_ws_frame_ping_pong`). Absent: the protocol's. */
  readonly nativePing?: boolean;
}

/** Publications, joins and leaves as JSON pushes that name their channel. */
export const jsonEncoding: Encoding = {
  name: "json",
  dialect: "centrifuge",
  encodePublication: (channel, publication) => {
    const { data } = publication;
    const isTooLarge = data.kind === "binary" && data.bytes.byteLength > sharedBytesMax;
    return isTooLarge ? null : encodePublicationPush(channel, publication);
  },
  encodePresence: encodePush,
};

/**
 * The Centrifuge protocol in its JSON flavour, which the JavaScript, Go and Python SDKs speak. The Protobuf flavour
 * shares `schema.ts` and `commands.ts`: the language inside is the same.
 */
export function createCentrifugeJson(
  { commandsPerFrameMax, nativePing = false }: CentrifugeOptions,
  settings: ProtocolSettings,
): Protocol {
  return {
    name: "centrifuge-json",
    dialect: "centrifuge",
    encoding: jsonEncoding,
    capabilities: {
      canReadErrors: true,
      canReceiveMessages: true,
      canBeSubscribedByServer: true,
      canRefresh: true,
      hasNativePing: nativePing,
      sendsConnect: true,
      hasDefaultChannel: false,
      echoesFrames: false,
      admitsAnonymous: false,
      isUnidirectional: false,
    },
    settings,
    decode: (frame) => decodeFrame(frame, commandsPerFrameMax),
    encodeReply,
    encodePush,
    encodeMessage: encodeMessagePush,
    ping: nativePing ? null : "{}",
  };
}
