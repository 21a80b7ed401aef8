import type { ClusterBus, ClusterBusEvents } from "../../src/cluster/bus.ts";
import { Cluster } from "../../src/cluster/cluster.ts";
import type { ManualTimers } from "../support/timers.ts";

/** Nodes of one process that hear each other at once, unless they are cut off. */
export class LocalBuses {
  readonly #buses = new Map<string, LocalBus>();
  readonly #timers: Pick<ManualTimers, "setTimeout">;

  constructor(timers: Pick<ManualTimers, "setTimeout">) {
    this.#timers = timers;
  }

  /** A node that others hear, and that hears them. */
  join(node: string): { readonly cluster: Cluster; readonly bus: LocalBus } {
    const bus = new LocalBus(this.#buses);
    const cluster = new Cluster({ bus, timers: this.#timers, node });
    return { cluster, bus };
  }
}

export class LocalBus implements ClusterBus {
  readonly #buses: Map<string, LocalBus>;
  #events: ClusterBusEvents | null = null;
  /** It hears nothing, and is not heard. */
  isCut = false;

  constructor(buses: Map<string, LocalBus>) {
    this.#buses = buses;
  }

  broadcast(text: string): void {
    if (!this.isCut) for (const bus of this.#buses.values()) bus.hear(text);
  }

  send(node: string, text: string): void {
    if (!this.isCut) this.#buses.get(node)?.hear(text);
  }

  listen(node: string, events: ClusterBusEvents): void {
    this.#events = events;
    this.#buses.set(node, this);
  }

  hear(text: string): void {
    if (!this.isCut) this.#events?.heard(text);
  }

  connected(): void {
    this.#events?.connected();
  }
}
