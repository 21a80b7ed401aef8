/** The events of a bus for its node. */
export interface ClusterBusEvents {
  /** A message to all nodes, or to this one. */
  heard(text: string): void;
  /** From here on messages arrive. Called at first, and after every interruption, in which messages may be lost. */
  connected(): void;
}

/**
 * Messages between nodes: over Redis, a socket to the parent process, NATS. A message arrives at most once;
 * those of one sender to one receiver in their order, but for messages to all, which messages to one may overtake.
 * Nothing throws.
 */
export interface ClusterBus {
  /** Sends a message to every node, this one included. */
  broadcast(text: string): void;
  /** Sends a message to the node with this id; lost where there is none. */
  send(node: string, text: string): void;
  /** Names this node, and says what its messages are given to; called once, before the first message. */
  listen(node: string, events: ClusterBusEvents): void;
}
