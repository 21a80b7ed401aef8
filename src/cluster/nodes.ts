import { type InferOutput, number, object, optional, parse, string } from "valibot";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Cluster } from "./cluster.ts";

/** What a node reports of itself, with a few figures that cost nothing to count. */
const card = object({
  name: string(),
  version: string(),
  clients: number(),
  users: number(),
  channels: number(),
});

const beat = object({
  ...card.entries,
  /** `hello`: the others report at once. `bye`: the node stops. */
  says: optional(string()),
});

/** One node, as the others know it. */
export type NodeCard = InferOutput<typeof card> & { readonly id: string };

/** What the registry works with. */
export interface NodesPorts {
  readonly cluster: Cluster;
  readonly clock: Pick<Clock, "monotonic">;
  readonly log: Log;
  /** What this node reports of itself. */
  describe(): Omit<NodeCard, "id">;
}

/** A node is gone that was silent for so long, in milliseconds: three beats. */
const goneMs = 6_000;
/** Milliseconds between two beats of a node. */
const beatMs = 2_000;
/** A node judges others only while it hears its own beats, so old at the most, in milliseconds. */
const deafMs = 3_000;

const kind = "node";

/**
 * The nodes that are there: each reports every two seconds. One that was silent for six seconds is gone; a node
 * that does not hear itself judges no other, because it may be the one that is cut off.
 */
export class Nodes {
  readonly #ports: NodesPorts;
  readonly #others = new Map<string, { readonly card: NodeCard; heardAt: number }>();
  readonly #watchers: ((node: string) => void)[] = [];
  #beatAt = Number.NEGATIVE_INFINITY;
  #ownHeardAt = Number.NEGATIVE_INFINITY;
  /** Since when this node has heard without interruption. */
  #hearsSince = Number.POSITIVE_INFINITY;
  #isLeaving = false;

  constructor(ports: NodesPorts) {
    this.#ports = ports;
    ports.cluster.onTold(kind, (body, from) => this.#heard(body, from));
    ports.cluster.onConnected(() => this.#connected());
  }

  /** The id of this node. */
  get own(): string {
    return this.#ports.cluster.node;
  }

  /** All nodes, this one first. */
  get all(): readonly NodeCard[] {
    return [{ id: this.own, ...this.#ports.describe() }, ...this.others];
  }

  /** The other nodes, by their last report. */
  get others(): readonly NodeCard[] {
    return [...this.#others.values()].map((each) => each.card);
  }

  /** Whether a node is there, this one included. */
  has(node: string): boolean {
    return node === this.own || this.#others.has(node);
  }

  /** Milliseconds for which this node has heard the others without interruption; 0 while it does not. */
  get hearing(): number {
    const now = this.#now;
    if (this.#isLeaving || now - this.#ownHeardAt > deafMs) return 0;
    return Math.max(0, now - this.#hearsSince);
  }

  /** `watch` is called with the id of each node that was silent for too long, or has left. */
  onGone(watch: (node: string) => void): void {
    this.#watchers.push(watch);
  }

  /** To be called about once a second. */
  tick(): void {
    const now = this.#now;
    if (this.#isLeaving) return;
    if (now - this.#beatAt >= beatMs) this.#beat();
    if (this.hearing === 0) {
      this.#hearsSince = Number.POSITIVE_INFINITY;
      return;
    }
    if (this.hearing < goneMs) return;
    for (const [id, { heardAt }] of this.#others) if (now - heardAt >= goneMs) this.#lose(id, "silent");
  }

  /** Takes this node out of the registries of the others. */
  leave(): void {
    this.#isLeaving = true;
    this.#tell("bye");
  }

  get #now(): number {
    return this.#ports.clock.monotonic();
  }

  #connected(): void {
    // Reports of the meantime are missing: each node has its full time to be heard again.
    this.#hearsSince = Number.POSITIVE_INFINITY;
    if (!this.#isLeaving) this.#beat("hello");
  }

  #beat(says?: string): void {
    this.#beatAt = this.#now;
    this.#tell(says);
  }

  #tell(says?: string): void {
    this.#ports.cluster.tellAll(kind, this.#text(says));
  }

  #text(says?: string): string {
    return JSON.stringify({ ...this.#ports.describe(), ...(says !== undefined && { says }) });
  }

  #heard(body: string, from: string): void {
    const { says, ...described } = parse(beat, JSON.parse(body));
    const now = this.#now;
    if (from === this.own) {
      if (now - this.#ownHeardAt > deafMs || this.#hearsSince > now) this.#hearsSince = now;
      this.#ownHeardAt = now;
      return;
    }
    if (says === "bye") {
      this.#lose(from, "left");
      return;
    }
    if (!this.#others.has(from)) this.#ports.log.info("node.joined", { node: from, name: described.name });
    this.#others.set(from, { card: { id: from, ...described }, heardAt: now });
    if (says === "hello" && !this.#isLeaving) this.#ports.cluster.tell(from, kind, this.#text());
  }

  #lose(id: string, reason: "silent" | "left"): void {
    const node = this.#others.get(id);
    if (!this.#others.delete(id)) return;
    this.#ports.log[reason === "left" ? "info" : "warn"]("node.gone", {
      node: id,
      name: node?.card.name ?? "",
      reason,
    });
    for (const watch of this.#watchers) watch(id);
  }
}
