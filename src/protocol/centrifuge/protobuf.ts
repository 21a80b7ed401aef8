import { isTooLargeToShare } from "../../core/payload.ts";
import type { Encoding, Protocol, ProtocolSettings } from "../protocol.ts";
import { type CentrifugeOptions, centrifugeCapabilities } from "./options.ts";
import { encodePush, encodeReply } from "./protobuf/encode.ts";
import { decodeFrame } from "./protobuf/frame.ts";
import { encodeMessagePush, encodePublicationPush } from "./protobuf/publication.ts";

/** Publications, joins and leaves as Protobuf pushes that name their channel. */
const protobufEncoding: Encoding = {
  name: "protobuf",
  dialect: "centrifuge-protobuf",
  encodePublication: (channel, publication) =>
    isTooLargeToShare(publication.data) ? null : encodePublicationPush(channel, publication),
  encodePresence: encodePush,
};

/** A message of length 0. */
const ping = Uint8Array.of(0);

/** The Centrifuge protocol in its Protobuf flavour, the only one of the Swift, Java and Dart SDKs. */
export function createCentrifugeProtobuf(
  { commandsPerFrameMax, nativePing = false }: CentrifugeOptions,
  settings: ProtocolSettings,
): Protocol {
  return {
    name: "centrifuge-protobuf",
    dialect: "centrifuge-protobuf",
    encoding: protobufEncoding,
    isBinary: true,
    capabilities: centrifugeCapabilities(nativePing),
    settings,
    decode: (frame) => decodeFrame(frame, commandsPerFrameMax),
    encodeReply,
    encodePush,
    encodeMessage: encodeMessagePush,
    ping: nativePing ? null : ping,
  };
}
