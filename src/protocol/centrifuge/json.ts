import { isTooLargeToShare } from "../../core/payload.ts";
import type { Encoding, Protocol, ProtocolSettings } from "../protocol.ts";
import { encodePush, encodeReply } from "./json/encode.ts";
import { decodeFrame } from "./json/frame.ts";
import { encodeMessagePush, encodePublicationPush } from "./json/publication.ts";
import { type CentrifugeOptions, centrifugeCapabilities } from "./options.ts";

/** Publications, joins and leaves as JSON pushes that name their channel. */
export const jsonEncoding: Encoding = {
  name: "json",
  dialect: "centrifuge",
  encodePublication: (channel, publication) =>
    isTooLargeToShare(publication.data) ? null : encodePublicationPush(channel, publication),
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
    isBinary: false,
    capabilities: centrifugeCapabilities(nativePing),
    settings,
    decode: (frame) => decodeFrame(frame, commandsPerFrameMax),
    encodeReply,
    encodePush,
    encodeMessage: encodeMessagePush,
    ping: nativePing ? null : "{}",
  };
}
