import type { Capabilities, Heartbeat, HeldMax } from "./capabilities.ts";
import type { PublishCommand } from "./command.ts";
import type { Disconnect } from "./disconnects.ts";
import type { Frame } from "./frame.ts";
import type { Payload } from "./payload.ts";
import type { Push, Reply } from "./reply.ts";
import type { Variant } from "./variant.ts";

/** Takes the frames of one client, past its protocol and its actor: all of them are publications. */
export interface FrameGate {
  take(frame: Frame): void;
}

/** Takes the publish commands of one client, past its actor; every other command is for the actor. */
export interface PublishGate {
  publish(command: PublishCommand): void;
}

/** What a subscriber receives of a channel. */
export interface Attachment {
  readonly channel: string;
  /** Whether it also receives joins and leaves. */
  readonly hearsJoinLeave: boolean;
  /** The stream that its client keeps a position in: no publication of another one reaches it. Null where it keeps none. */
  readonly stream: { readonly epoch: string } | null;
  /** Absent: every publication, as it is. */
  readonly variant?: Variant;
}

/** The side of a socket that receives channels. */
export interface Receiver {
  /** From here on the client receives the channel's publications, until it is detached or its stream has ended. */
  attach(attachment: Attachment): void;
  /** From here on the client receives nothing more of the channel. */
  detach(channel: string): void;
}

/**
 * What a connection may do with its socket: the port that `sockets/socket.ts` makes real. Everything here is
 * synchronous; a socket that has gone away ignores what is asked of it.
 */
export interface Socket {
  /** The connection's name in logs, in presence and in publications: a UUID. */
  readonly id: string;
  /** The session of an emulated transport: a secret that the client was told. Absent where the transport has none. */
  readonly session?: string;
  /** The label `dialect` of its protocol in log lines and metrics; nothing is decided by it. */
  readonly dialect: string;
  readonly capabilities: Capabilities;
  readonly heartbeat: Heartbeat;
  readonly heldMax: HeldMax;
  /** Receives channels. Null where the protocol has no encoding: such a connection cannot be attached to a channel. */
  readonly receiver: Receiver | null;
  /** Where the client is, for the log. */
  readonly address: string;
  /** The channel that the connection was opened for (`capabilities.hasDefaultChannel`); else "". */
  readonly defaultChannel: string;
  /** When the last ping went out that was not answered yet, in monotonic milliseconds; 0 when none is open. */
  pingedAt: number;
  /** Publishes that wait for their commit: another reply must not overtake theirs. */
  unanswered: number;
  /** Sends one frame to this client alone, after everything that was sent or published to it before. */
  send(frame: Frame): void;
  /** Answers a command, after everything that was sent or published before; nothing where clients are not told. */
  reply(reply: Reply): void;
  /** Tells the client something unasked; nothing where its protocol has no such push. */
  push(push: Push): void;
  /** Sends a message that belongs to no channel; nothing where the protocol has none. */
  message(data: Payload): void;
  /** Sends the protocol's ping, or WebSocket's own where it has none. */
  ping(): void;
  /** False once it is closed, from either side. */
  isOpen(): boolean;
  /** Bytes that the client has not taken yet, beyond what the kernel holds. */
  unsent(): number;
  /** How many frames the client has sent: what is limited per frame is counted anew when this has grown. */
  framesHeard(): number;
  /** When the client was last heard, in monotonic milliseconds: any frame counts, also a pong. */
  lastHeard(): number;
  /** Hands over what the client publishes straight to `gate` instead of the actor, until it is closed again. */
  openGate(gate: FrameGate | PublishGate): void;
  /** Hands a frame to the gate that is open; without one it is dropped. */
  take(frame: Frame): void;
  closeGate(): void;
  /** Sends what is queued, then a close frame; the socket is gone when the transport reports `socket.closed`. */
  close(disconnect: Disconnect): void;
  /** Cuts the connection without a word, for a client that takes nothing any more. */
  terminate(): void;
}
