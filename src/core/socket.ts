import type { Disconnect } from "./disconnects.ts";
import type { DialectName, Frame } from "./frame.ts";

/**
 * What a connection may do with its socket: the port that `transport/socket.ts` makes real. Everything here is
 * synchronous and none of it throws: a socket that has gone away ignores what is asked of it.
 */
export interface Socket {
  readonly dialect: DialectName;
  /** Sends one frame to this client alone, after everything that was sent or published to it before. */
  send(frame: Frame): void;
  /** From here on the client receives the channel's publications; `joinLeave` adds who comes and goes. */
  attach(channel: string, joinLeave: boolean): void;
  /** From here on the client receives nothing more of the channel. */
  detach(channel: string): void;
  /** Leaves every channel at once, so that nothing can follow a gap. */
  detachAll(): void;
  /** Sends a WebSocket ping (RFC 6455 5.5.2). */
  ping(): void;
  /** False once it is closed, from either side. */
  isOpen(): boolean;
  /** Bytes that the client has not taken yet, beyond what the kernel holds. */
  unsent(): number;
  /** How many frames the client has sent: what is limited per frame is counted anew when this has grown. */
  framesHeard(): number;
  /** When the client was last heard, in monotonic milliseconds: any frame counts, also a pong. */
  lastHeard(): number;
  /** Hands over frames straight to `gate` instead of the actor, until it is closed again; see `OpenGate`. */
  openGate(gate: (frame: Frame) => void): void;
  closeGate(): void;
  /** Sends what is queued, then a close frame; the socket is gone when the transport reports `socket.closed`. */
  close(disconnect: Disconnect): void;
  /** Cuts the connection without a word, for a client that takes nothing any more. */
  terminate(): void;
}
