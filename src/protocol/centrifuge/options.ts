import type { Capabilities } from "../../core/capabilities.ts";

export interface CentrifugeOptions {
  /** Commands in one frame; after them the frame is malformed. At least 1; `client.commands_per_frame_limit`. */
  readonly commandsPerFrameMax: number;
  /** WebSocket's pings instead of the protocol's (`cf_ws_frame_ping_pong`). Absent: the protocol's. */
  readonly nativePing?: boolean;
}

/** What clients of the Centrifuge protocol can do, in either flavour. */
export function centrifugeCapabilities(nativePing: boolean): Capabilities {
  return {
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
  };
}
