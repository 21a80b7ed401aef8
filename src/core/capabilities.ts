/**
 * What the clients of one protocol can do. Code outside of `src/protocol/` asks these questions and never compares the
 * names of protocols, so a new protocol is a new set of answers. Constant for the life of a connection.
 */
export interface Capabilities {
  /** The client reads replies to its commands, errors among them. Without it the only answer is a close code. */
  readonly canReadErrors: boolean;
  /** The client reads messages that belong to no channel (`send`, the offline queue). */
  readonly canReceiveMessages: boolean;
  /** A back end may subscribe the connection to a channel: its frames name the channel. Needs an encoding. */
  readonly canBeSubscribedByServer: boolean;
  /** An expired connection or subscription can be renewed, by the client or by a back end for it: there is a grace period. */
  readonly canRefresh: boolean;
  /** Kept alive by WebSocket pings (RFC 6455 5.5.2), whose pongs reach no actor; else by pings of the protocol. */
  readonly hasNativePing: boolean;
  /** The client sends a connect command; otherwise its credentials come with the upgrade request. */
  readonly sendsConnect: boolean;
  /** The connection exists for one channel, named in the upgrade request: it ends when it is not in that channel. */
  readonly hasDefaultChannel: boolean;
  /** Every frame is returned to its sender and nothing else is done with it. */
  readonly echoesFrames: boolean;
  /** A connection without a token needs no permission of the configuration. */
  readonly admitsAnonymous: boolean;
  /** The client sends no commands after it has connected. */
  readonly isUnidirectional: boolean;
}

/** What waits at most while a token of the connection is verified; over it the connection ends with 3013. */
export interface HeldMax {
  readonly commands: number;
  readonly bytes: number;
}

/** How a protocol's connections are kept alive: milliseconds; an interval of 0 sends no pings. */
export interface Heartbeat {
  readonly interval: number;
  /** How long a client may take to answer a ping; 0: no answer is expected. */
  readonly timeout: number;
}
