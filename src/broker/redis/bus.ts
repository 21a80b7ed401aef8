import type { ClusterBus, ClusterBusEvents } from "../../cluster/bus.ts";
import type { RedisParts } from "./ports.ts";

/** Messages between nodes by publish and subscribe: one name for all nodes, and one for each. */
export class RedisBus implements ClusterBus {
  readonly #redis: () => Pick<RedisParts, "publish" | "hear">;
  /** What messages to all nodes come under. */
  readonly #all: string;
  #own = "";
  #events: ClusterBusEvents | null = null;

  /** `redis` is not asked before the first call. */
  constructor(redis: () => Pick<RedisParts, "publish" | "hear">, all: string) {
    this.#redis = redis;
    this.#all = all;
  }

  broadcast(text: string): void {
    this.#redis().publish(this.#all, text);
  }

  send(node: string, text: string): void {
    this.#redis().publish(this.#nameOf(node), text);
  }

  listen(node: string, events: ClusterBusEvents): void {
    this.#own = this.#nameOf(node);
    this.#events = events;
    this.subscribe();
  }

  /** A connection of messages is new. */
  subscribe(): void {
    const events = this.#events;
    if (events === null) return;
    this.#redis()
      .hear([this.#all, this.#own])
      .then(
        () => events.connected(),
        // The connection has gone again, or is not there yet; the next one subscribes.
        () => {},
      );
  }

  /** Something was heard under a name. */
  heard(name: string, text: string): void {
    if (name === this.#all || name === this.#own) this.#events?.heard(text);
  }

  #nameOf(node: string): string {
    return `${this.#all}:${node}`;
  }
}
