import type { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import type { JsonObject } from "../support/json.ts";
import type { ProcessNode } from "./node.ts";

/** A publication that was acknowledged. */
export interface Acknowledged {
  readonly data: number;
  readonly offset: number;
  readonly epoch: string;
}

/** What happened in one channel, as all of its subscribers have seen it. */
export class ChannelHistory {
  readonly acknowledged: Acknowledged[] = [];
  readonly violations: string[] = [];
  readonly #contents = new Map<string, unknown>();

  /** One place of a stream has one content, whoever is told of it. */
  seen(epoch: string, offset: number, data: unknown): void {
    const place = `${epoch} ${offset}`;
    const known = this.#contents.get(place);
    if (known !== undefined && known !== data) this.violations.push(`${place} is ${known} and ${data}`);
    this.#contents.set(place, data);
  }
}

/** A client that subscribes from its position again whenever its connection ends. */
export class Follower {
  epoch = "";
  offset = 0;
  /** How often it was told that its position is lost. */
  lost = 0;
  readonly #node: ProcessNode;
  readonly #history: ChannelHistory;
  #probe: CentrifugeProbe | null = null;
  #isStopped = false;
  readonly #running: Promise<void>;

  constructor(node: ProcessNode, history: ChannelHistory) {
    this.#node = node;
    this.#history = history;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#probe?.[Symbol.dispose]();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        using probe = await this.#node.connect();
        this.#probe = probe;
        await this.#follow(probe);
      } catch {
        // It connects again: the node is away, or the connection has ended.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  async #follow(probe: CentrifugeProbe): Promise<void> {
    const epoch = await this.#subscribe(probe);
    for (;;) {
      const heard = await probe.next();
      if ("closed" in heard) return;
      const push = (heard as { push?: { pub?: JsonObject; unsubscribe?: JsonObject } }).push;
      if (push?.pub) this.#take(epoch, push.pub);
      if (push?.unsubscribe) return;
    }
  }

  /** Recovers where it was, or begins anew; answers with the epoch. */
  async #subscribe(probe: CentrifugeProbe): Promise<string> {
    const isKnown = this.epoch !== "";
    const asked = isKnown ? { recover: true, offset: this.offset, epoch: this.epoch } : {};
    const subscribed = await probe.subscribe("a", asked);
    const epoch = String(subscribed["epoch"]);
    if (isKnown && subscribed["recovered"] === true) {
      for (const publication of (subscribed["publications"] ?? []) as JsonObject[]) this.#take(epoch, publication);
    } else {
      if (isKnown) this.lost += 1;
      this.epoch = epoch;
      this.offset = Number(subscribed["offset"] ?? 0);
    }
    return epoch;
  }

  #take(epoch: string, { offset, data }: JsonObject): void {
    const expected = this.offset + 1;
    if (Number(offset) !== expected) this.#history.violations.push(`${epoch}: ${offset} follows ${this.offset}`);
    this.#history.seen(epoch, Number(offset), data);
    this.offset = Number(offset);
  }
}
