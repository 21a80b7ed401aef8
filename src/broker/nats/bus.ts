import type { Msg, NatsConnection } from "@nats-io/transport-node";
import type { ClusterBus, ClusterBusEvents } from "../../cluster/bus.ts";
import type { Names } from "./names.ts";

/** Messages between nodes by subjects: one for all nodes, and one for each. */
export class NatsBus implements ClusterBus {
  readonly #names: Names;
  #connection: NatsConnection | null = null;
  #node: { readonly id: string; readonly events: ClusterBusEvents } | null = null;
  #isListening = false;

  constructor(names: Names) {
    this.#names = names;
  }

  broadcast(text: string): void {
    this.#publish(this.#names.all, text);
  }

  send(node: string, text: string): void {
    this.#publish(this.#names.node(node), text);
  }

  listen(id: string, events: ClusterBusEvents): void {
    this.#node = { id, events };
    if (this.#connection) this.begin(this.#connection);
  }

  /** A connection is open. The client subscribes again by itself to what it has subscribed to. */
  begin(connection: NatsConnection): void {
    this.#connection = connection;
    const node = this.#node;
    if (node === null) return;
    if (!this.#isListening) {
      this.#isListening = true;
      const callback = (_: Error | null, message: Msg) => node.events.heard(message.string());
      for (const subject of [this.#names.all, this.#names.node(node.id)]) connection.subscribe(subject, { callback });
    }
    connection.flush().then(
      () => node.events.connected(),
      // It is interrupted again; the next one begins again.
      () => {},
    );
  }

  #publish(subject: string, text: string): void {
    try {
      this.#connection?.publish(subject, text);
    } catch {
      // It is closed, or the message is longer than the servers take: at most once.
    }
  }
}
