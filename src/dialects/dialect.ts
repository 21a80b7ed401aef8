import type { Command } from "../core/command.ts";
import type { DialectName, Frame } from "../core/frame.ts";
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
 * A language that clients speak: frames on the one side, commands, replies and publications on the other. A dialect is
 * pure and holds no state; there is one of each per server, and a frame that it makes is sent to many sockets.
 *
 * To write another one: implement this, name it in `core/frame.ts`, choose it in `transport/upgrade.ts`.
 */
export interface Dialect {
  readonly name: DialectName;
  /** Reads one frame; never throws. `home` is the channel that the connection was opened for. */
  decode(frame: Frame, home: string): Decoded;
  /** The answer to a command; null where this dialect's clients are not told. */
  encodeReply(reply: Reply): Frame | null;
  encodePush(push: Push): Frame | null;
  /** A publication, encoded once for all who speak this dialect. The hot path. */
  encodePublication(channel: string, publication: Publication): Frame;
  /** A message to one client that belongs to no channel. */
  encodeMessage(data: Payload): Frame;
  /** The server's ping; null where the dialect uses WebSocket's own. */
  readonly ping: Frame | null;
}
