import type { Redis } from "ioredis";
import type { ClusterBus, ClusterBusEvents } from "../../cluster/bus.ts";

/** Messages between nodes by publish and subscribe: one name for all nodes, and one for each. */
export class RedisBus implements ClusterBus {
  readonly #commands: Redis;
  readonly #messages: Redis;
  /** What messages to all nodes come under. */
  readonly #all: string;
  #own = "";
  #events: ClusterBusEvents | null = null;

  constructor(commands: Redis, messages: Redis, all: string) {
    this.#commands = commands;
    this.#messages = messages;
    this.#all = all;
  }

  broadcast(text: string): void {
    this.#publish(this.#all, text);
  }

  send(node: string, text: string): void {
    this.#publish(this.#nameOf(node), text);
  }

  listen(node: string, events: ClusterBusEvents): void {
    this.#own = this.#nameOf(node);
    this.#events = events;
    if (this.#messages.status === "ready") this.subscribe();
  }

  /** The connection of messages is new. */
  subscribe(): void {
    const events = this.#events;
    if (events === null) return;
    this.#messages.subscribe(this.#all, this.#own).then(
      () => events.connected(),
      // The connection has gone again; the next one subscribes.
      () => {},
    );
  }

  /** Takes a message that is one between nodes. */
  heard(name: string, text: string): boolean {
    if (name !== this.#all && name !== this.#own) return false;
    this.#events?.heard(text);
    return true;
  }

  #nameOf(node: string): string {
    return `${this.#all}:${node}`;
  }

  #publish(name: string, text: string): void {
    this.#commands.publish(name, text).catch(() => {});
  }
}
