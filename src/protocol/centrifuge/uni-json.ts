import { isTooLargeToShare } from "../../core/payload.ts";
import type { Reply } from "../../core/reply.ts";
import type { Decoded, Encoding, Protocol, ProtocolSettings } from "../protocol.ts";
import { decodeConnectRequest } from "./json/connect-request.ts";
import { encodeBarePush } from "./json/encode.ts";
import { encodeBareMessage, encodeBarePublication } from "./json/publication.ts";
import { connectResult } from "./json/results.ts";
import { centrifugeCapabilities } from "./options.ts";

/** Publications, joins and leaves as bare JSON pushes. */
const uniJsonEncoding: Encoding = {
  name: "json-uni",
  dialect: "centrifuge-uni",
  encodePublication: (channel, publication) =>
    isTooLargeToShare(publication.data) ? null : encodeBarePublication(channel, publication),
  encodePresence: encodeBarePush,
};

/**
 * The Centrifuge protocol of unidirectional clients, which send one connect request and then read bare pushes: `curl -N`
 * or a browser's `EventSource`. The first push is the result of connect; no other reply is sent.
 */
export function createCentrifugeUniJson(settings: ProtocolSettings): Protocol {
  return {
    name: "centrifuge-uni-json",
    dialect: "centrifuge-uni",
    encoding: uniJsonEncoding,
    isBinary: false,
    capabilities: { ...centrifugeCapabilities(false), canReadErrors: false, isUnidirectional: true },
    settings: { ...settings, heartbeat: { ...settings.heartbeat, timeout: 0 } },
    decode: (frame) => {
      const command = decodeConnectRequest(frame);
      return command ? { commands: [command], malformed: false } : malformed;
    },
    encodeReply,
    encodePush: encodeBarePush,
    encodeMessage: encodeBareMessage,
    ping: "{}",
  };
}

const malformed: Decoded = { commands: [], malformed: true };

/** The session names the connection in calls of the API. Its node is not sent: no commands go to it. */
function encodeReply(reply: Reply): string | null {
  if (reply.method !== "connect") return null;
  const { session, ...result } = reply.result;
  return `{"connect":${connectResult({ ...result, ...(session && { session: { ...session, node: "" } }) })}}`;
}
