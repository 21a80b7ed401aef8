import type { Capabilities, Heartbeat, HeldMax } from "../core/capabilities.ts";
import type { Command } from "../core/command.ts";
import type { Frame } from "../core/frame.ts";
import type { Payload } from "../core/payload.ts";
import type { Publication } from "../core/publication.ts";
import type { PresencePush, Push, Reply } from "../core/reply.ts";

/** What was read from one frame. */
export interface Decoded {
  /** The commands, in the order of the frame. */
  readonly commands: readonly Command[];
  /** The frame goes on with something that is no command: after running `commands`, the connection ends with 3501. */
  readonly malformed: boolean;
}

/**
 * How publications, joins and leaves look on the wire. Several protocols may share one: its frames are made once for all
 * subscribers of a channel that use it.
 */
export interface Encoding {
  /** `plain`, `json`. */
  readonly name: string;
  /** The label `dialect` of log lines about it. */
  readonly dialect: string;
  /** A publication; null where clients of this encoding do not receive it. The hot path. */
  encodePublication(channel: string, publication: Publication): Frame | null;
  /** A join or a leave; null where clients of this encoding receive none. */
  encodePresence(push: PresencePush): Frame | null;
}

/** The sizes and times that the configuration sets for the connections of a protocol. */
export interface ProtocolSettings {
  readonly heartbeat: Heartbeat;
  /** Bytes of a text frame and of a binary frame. */
  readonly textBytesMax: number;
  readonly binaryBytesMax: number;
  /** Bytes that may be unsent before a client is slow. */
  readonly queueBytesMax: number;
  readonly heldMax: HeldMax;
}

/**
 * A language that clients speak: frames on one side, commands, replies and pushes on the other. A protocol is pure and
 * holds no state; there is one of each per server, and a frame that it makes may be sent to many sockets.
 *
 * To write another one: implement this, and choose it where the paths of sockets are listed (`src/app/protocols.ts`).
 */
export interface Protocol {
  /** `plain`, `echo`, `centrifuge-json`. */
  readonly name: string;
  /** The label `dialect` of metrics and log lines: `plain`, `echo`, `centrifuge`. */
  readonly dialect: string;
  /** Null where the clients receive no channels: then nothing can attach them to one. */
  readonly encoding: Encoding | null;
  readonly capabilities: Capabilities;
  /** Its frames are bytes; otherwise they are text, or either. */
  readonly isBinary: boolean;
  readonly settings: ProtocolSettings;
  /** Reads one frame; never throws. `defaultChannel` is the channel that the connection was opened for. */
  decode(frame: Frame, defaultChannel: string): Decoded;
  /** The answer to a command; null where this protocol's clients receive none. */
  encodeReply(reply: Reply): Frame | null;
  encodePush(push: Push): Frame | null;
  /** A message to one client that belongs to no channel; null where there are none. */
  encodeMessage(data: Payload): Frame | null;
  /** The server's ping; null where the protocol uses WebSocket's own. */
  readonly ping: Frame | null;
}
