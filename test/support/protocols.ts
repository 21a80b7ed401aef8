import { createCentrifugeJson } from "../../src/protocol/centrifuge/json.ts";
import { createPlain } from "../../src/protocol/plain/plain.ts";
import type { ProtocolSettings } from "../../src/protocol/protocol.ts";

/** Settings under which nothing of a protocol is limited and no pings are sent. */
export const unlimited: ProtocolSettings = {
  heartbeat: { interval: 0, timeout: 0 },
  textBytesMax: Number.POSITIVE_INFINITY,
  binaryBytesMax: Number.POSITIVE_INFINITY,
  queueBytesMax: Number.POSITIVE_INFINITY,
  heldMax: { commands: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY },
};

export const plain = createPlain(unlimited);

export const centrifugeJson = createCentrifugeJson({ commandsPerFrameMax: 256 }, unlimited);
