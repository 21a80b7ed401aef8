import type { Disconnect } from "../../src/core/disconnects.ts";
import type { Rate } from "../../src/core/rate.ts";
import type { Milliseconds } from "../../src/core/time.ts";
import type { HookOptions } from "../../src/hooks/hooks.ts";

/** What the configuration says of connections; bytes and counts. The same object for all connections. */
export interface ConnectionOptions {
  /** Reported to clients in the reply to connect. */
  readonly version: string;
  /** How long a client may take to connect. */
  readonly handshakeTimeout: Milliseconds;
  /** How long what is queued may take to be flushed, at the end. */
  readonly flushTimeout: Milliseconds;
  /** Grace after a connection or a subscription has expired, in which the client may refresh it. */
  readonly expiredCloseDelay: Milliseconds;
  readonly expiredSubscriptionCloseDelay: Milliseconds;
  /** How often the position of idle positioned subscriptions is checked. */
  readonly positionCheckDelay: Milliseconds;
  /** How often Centrifugo renews entries of presence: as long it may show an old info there. */
  readonly presenceUpdateInterval: Milliseconds;
  /** How a refused connect ends a unidirectional connection, by the code of the error; the others as the protocol says. */
  readonly unidirectionalDisconnects: ReadonlyMap<number, Disconnect>;
  readonly allowAnonymous: boolean;
  readonly disallowAnonymousTokens: boolean;
  readonly insecure: boolean;
  readonly includeServerTime: boolean;
  /** A user's new connection ends the older ones. */
  readonly singleConnection: boolean;
  readonly channelLimit: number;
  /** Subscribes a second, and at once: as many as a client with all its channels sends when it reconnects. */
  readonly subscribeRate: Rate;
  /** What the hooks of the application change; null without any. */
  readonly hooks: HookOptions | null;
  readonly historyPublicationsMax: number;
  /** Bytes of payload in one answer of history, which has at least one publication. */
  readonly historyBytesMax: number;
  /** Bytes of one answer of presence. */
  readonly presenceBytesMax: number;
  /** The part of what stores may keep that one user, or one address of anonymous users, may have. */
  readonly streamShare: number;
  readonly recoveryPublicationsMax: number;
  /** Bytes of payload that recovery brings for the commands of one frame. */
  readonly recoveryBytesMax: number;
}
