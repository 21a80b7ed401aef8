import type { Protocol } from "../protocol.ts";
import { encodePush, encodeReply } from "./json/encode.ts";
import { decodeFrame } from "./json/frame.ts";
import { encodeMessagePush, encodePublicationPush } from "./json/publication.ts";

export interface CentrifugeOptions {
  /** Commands in one frame; after them the frame is malformed. At least 1; `client.commands_per_frame_limit`. */
  readonly commandsPerFrameMax: number;
}

/**
 * The Centrifuge protocol in its JSON flavour, which the JavaScript, Go and Python SDKs speak. The Protobuf flavour
 * shares `schema.ts` and `commands.ts`: the language inside is the same.
 */
export function createCentrifugeJson({ commandsPerFrameMax }: CentrifugeOptions): Protocol {
  return {
    name: "centrifuge",
    decode: (frame) => decodeFrame(frame, commandsPerFrameMax),
    encodeReply,
    encodePush,
    encodePublication: encodePublicationPush,
    encodeMessage: encodeMessagePush,
    ping: "{}",
  };
}
