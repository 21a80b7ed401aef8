import type { Command } from "../core/command.ts";
import type { Frame, ProtocolName } from "../core/frame.ts";
import type { Payload } from "../core/payload.ts";
import type { Publication } from "../core/publication.ts";
import type { Push, Reply } from "../core/reply.ts";

/** What was read from one frame. */
export interface Decoded {
  /** The commands, in the order in which they stand in the frame. */
  readonly commands: readonly Command[];
  /** The frame goes on with something that is no command: after running `commands`, the connection ends with 3501. */
  readonly malformed: boolean;
}

/**
 * A language that clients speak: frames on the one side, commands, replies and publications on the other. A protocol is
 * pure and holds no state; there is one of each per server, and a frame that it makes is sent to many sockets.
 *
 * To write another one: implement this, name it in `core/frame.ts`, choose it in `sockets/upgrade.ts`.
 */
export interface Protocol {
  readonly name: ProtocolName;
  /** Reads one frame; never throws. `defaultChannel` is the channel that the connection was opened for. */
  decode(frame: Frame, defaultChannel: string): Decoded;
  /** The answer to a command; null where this protocol's clients are not told. */
  encodeReply(reply: Reply): Frame | null;
  encodePush(push: Push): Frame | null;
  /** A publication, encoded once for all who speak this protocol. The hot path. */
  encodePublication(channel: string, publication: Publication): Frame;
  /** A message to one client that belongs to no channel. */
  encodeMessage(data: Payload): Frame;
  /** The server's ping; null where the protocol uses WebSocket's own. */
  readonly ping: Frame | null;
}
