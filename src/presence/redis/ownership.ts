import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Random } from "../../core/random.ts";
import type { PresenceCalls } from "./calls.ts";
import { Cleaner } from "./cleaner.ts";
import * as scripts from "./scripts.ts";

/** What is known of this node, and of the others. */
export interface NodePorts {
  readonly clock: Pick<Clock, "monotonic">;
  readonly random: Pick<Random, "uuid">;
  readonly log: Log;
  /** The id of this node. */
  readonly node: string;
  /** What the data of the server are identified by, beside what is kept in them. */
  readonly generation: "replication_id" | "none";
  /** Whether a node is there; milliseconds for which this one has heard the others without interruption. */
  readonly nodes: { has(node: string): boolean; readonly hearing: number };
}

/** What this node's ownership of its entries works with. */
interface OwnershipPorts extends NodePorts {
  readonly calls: PresenceCalls;
  /** The server knows this node. */
  confirmed(): void;
  /** `lost`: the server has lost data. `unsure`: this node was taken for gone, and what it had entered was removed. */
  changed(why: "lost" | "unsure"): void;
}

/** Milliseconds between two confirmations. */
const confirmMs = 2_000;
/** Milliseconds for which others have to be heard before one that was not is taken for gone. */
const judgeMs = 6_000;
/** A cleaning of this node that was still running when it came back is over by then, in milliseconds. */
const againMs = 10_000;

/** Keeps this node among those that have entries, and cleans up after those that are gone. */
export class Ownership {
  readonly #ports: OwnershipPorts;
  readonly #cleaner: Cleaner;
  readonly #beganAt: number;
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #againAt = Number.POSITIVE_INFINITY;
  /** What the data of the server are identified by; null before the first answer. */
  #identity: string | null = null;
  /** What the server has of this node, by its last answer; "" before the first one. */
  #token = "";

  constructor(ports: OwnershipPorts) {
    this.#ports = ports;
    this.#beganAt = ports.clock.monotonic();
    const isThere = (node: string) => ports.nodes.has(node);
    this.#cleaner = new Cleaner({ ...ports, isThere });
  }

  tick(): void {
    const now = this.#ports.clock.monotonic();
    if (now - this.#confirmedAt < confirmMs) return;
    this.#confirmedAt = now;
    void this.#confirm();
  }

  gone(node: string): void {
    void this.#cleaner.clean(node);
  }

  /** Gives this node up. What is left of it, leaves that wait, is for the others. */
  async close(): Promise<void> {
    const { calls, node } = this.#ports;
    const [all, channels, claim] = [calls.node("all"), calls.node(`c:${node}`), calls.node(`x:${node}`)];
    await Promise.all([
      calls.call(scripts.claim, [all, claim], [node, 1]),
      calls.call(scripts.forget, [all, channels, claim], [node]),
    ]);
  }

  async #confirm(): Promise<void> {
    const { calls, node, generation, random, confirmed } = this.#ports;
    const token = random.uuid();
    const args = [generation, node, random.uuid(), this.#token, token];
    const answer = await calls.call(scripts.present, [calls.node("all"), calls.node("id")], args);
    if (!Array.isArray(answer)) return;
    const [identity, wasThere, nodes]: unknown[] = answer;
    const isKnown = Number(wasThere) === 1;
    if (!isKnown) this.#token = token;
    this.#compare(String(identity), isKnown);
    confirmed();
    if (Array.isArray(nodes)) this.#cleanUp(nodes.map(String));
  }

  #compare(identity: string, wasThere: boolean): void {
    const known = this.#identity;
    const now = this.#ports.clock.monotonic();
    this.#identity = identity;
    // A node that has paused since its first clients came may have been taken for gone before its first answer.
    if (known === null && now - this.#beganAt < judgeMs) {
      // The server may have lost what was entered before its first answer.
      this.#ports.changed("lost");
      return;
    }
    if (known !== null && identity !== known) {
      this.#ports.changed("lost");
    } else if (!wasThere) {
      this.#againAt = now + againMs;
      this.#ports.changed("unsure");
    } else if (now >= this.#againAt) {
      this.#againAt = Number.POSITIVE_INFINITY;
      this.#ports.changed("unsure");
    }
  }

  #cleanUp(nodes: readonly string[]): void {
    if (this.#ports.nodes.hearing < judgeMs) return;
    for (const node of nodes) if (!this.#ports.nodes.has(node)) void this.#cleaner.clean(node);
  }
}
