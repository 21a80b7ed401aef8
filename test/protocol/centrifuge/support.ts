import type { Command, SubscribeRequest } from "../../../src/core/command.ts";
import type { Frame } from "../../../src/core/frame.ts";
import { createCentrifugeJson } from "../../../src/protocol/centrifuge/json.ts";
import type { Decoded } from "../../../src/protocol/protocol.ts";

export const protocol = createCentrifugeJson({ commandsPerFrameMax: 256 });

export function decode(frame: Frame): Decoded {
  return protocol.decode(frame, "defaultChannel");
}

/** The one command of a line, or null where the line is malformed. */
export function read(line: string): Command | null {
  const { commands, malformed } = decode(line);
  return malformed ? null : (commands[0] ?? null);
}

/** A subscription that asks for nothing. */
export const noWish: SubscribeRequest = {
  recover: null,
  positioned: false,
  recoverable: false,
  joinLeave: false,
  rejectUnrecovered: false,
};

/** Methods whose request needs a channel. */
export const channelMethods = [
  "subscribe",
  "unsubscribe",
  "publish",
  "presence",
  "presence_stats",
  "history",
  "sub_refresh",
] as const;

/** All methods, in the order in which the protocol looks for them. */
export const allMethods = [
  "connect",
  "subscribe",
  "unsubscribe",
  "publish",
  "presence",
  "presence_stats",
  "history",
  "rpc",
  "send",
  "refresh",
  "sub_refresh",
] as const;

/** A request of each method that is complete. */
export function requestOf(method: (typeof allMethods)[number]): object {
  switch (method) {
    case "connect":
    case "rpc":
    case "send":
      return {};
    case "refresh":
      return { token: "t" };
    default:
      return { channel: "c" };
  }
}
