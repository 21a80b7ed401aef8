import type { Capabilities, Heartbeat, HeldMax } from "./capabilities.ts";
import type { Disconnect } from "./disconnects.ts";
import type { Frame } from "./frame.ts";
import type { Payload } from "./payload.ts";
import type { Publication } from "./publication.ts";
import type { Push, Reply } from "./reply.ts";
import type { Variant } from "./variant.ts";

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
  /**
   * From here on the client receives the channel's publications, until it is detached or its stream has ended. `base` is
   * the last one that it has, where it receives patches.
   */
  attach(attachment: Attachment, base?: Publication): void;
  /** From here on the client receives nothing more of the channel. */
  detach(channel: string): void;
}

/** The HTTP request that a connection began with. */
export interface UpgradeRequest {
  readonly url: string;
  readonly headers: Headers;
}

/**
 * What a connection may do with its socket: the port that `sockets/socket.ts` makes real. Everything here is
 * synchronous; a socket that has gone away ignores what is asked of it.
 */
export interface Socket {
  /** The connection's name in logs, in presence and in publications: a UUID. */
  readonly id: string;
  /** The session of an emulated transport: a secret that the client has. Absent where the transport has none. */
  readonly session?: string;
  /** The label `dialect` of its protocol in log lines and metrics; nothing is decided by it. */
  readonly dialect: string;
  /** What carries its frames, for hooks: `websocket`, `http_stream`, `sse`. */
  readonly transport: string;
  /** The name of its protocol's encoding, for the application; "" without one. */
  readonly encodingName: string;
  readonly capabilities: Capabilities;
  readonly heartbeat: Heartbeat;
  readonly heldMax: HeldMax;
  /** Receives channels. Null where the protocol has no encoding: such a connection cannot be attached to a channel. */
  readonly receiver: Receiver | null;
  /** Where the client is, for the log. */
  readonly address: string;
  /** The key of its address in limits; null where the address is not limited (loopback, trusted proxies). */
  readonly limitKey: string | null;
  /** The HTTP request that it began with; null where no part of the server reads it. */
  readonly upgrade: UpgradeRequest | null;
  /** The user that a header of its request names, as a proxy in front sets it; absent where none does. */
  readonly headerUser?: string;
  /** The channel that the connection was opened for (`capabilities.hasDefaultChannel`); else "". */
  readonly defaultChannel: string;
  /** Sends one frame to this client alone, after everything that was sent or published to it before. */
  send(frame: Frame): void;
  /** Counts an answer of so many bytes against the rate of its client, a token for each 4 KiB, and lets it be unsent. */
  chargeAnswer(bytes: number): void;
  /** Takes tokens from the client's message rate for work that one command has made. */
  charge(tokens: number): void;
  /** Answers a command, after everything that was sent or published before; nothing where clients receive no answers. */
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
  /** Frames that the client has sent: commands, and pongs where these are of the protocol. */
  readonly frames: number;
  /** When the client was last heard, in monotonic milliseconds: any frame counts, also a pong. */
  lastHeard(): number;
  /** Whether bytes of an unfinished message have arrived since the last ping: a pong cannot overtake them. */
  hasArrived(): boolean;
  /** From here on what the client publishes goes through the server's publish lane, past the actor. */
  openLane(): void;
  closeLane(): void;
  /** Sends what is queued, then a close frame; the socket is gone when the transport reports `socket.closed`. */
  close(disconnect: Disconnect): void;
  /** Cuts the connection without a word, for a client that takes nothing any more. */
  terminate(): void;
}
