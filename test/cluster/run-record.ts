import { expect } from "bun:test";
import { until } from "../broker/remote/fault-runs.ts";
import { isObject } from "../support/json.ts";
import type { ClusterNode } from "./node.ts";

export interface Position {
  readonly offset: number;
  readonly epoch: string;
}

/** A client as it is judged. */
interface Judged {
  readonly id: string;
  readonly isInside: boolean;
  readonly positions: ReadonlyMap<string, Position>;
}

/** What a run has seen at all clients and in all answers, and what of it must not be. */
export class RunRecord {
  readonly violations: string[] = [];
  readonly #contents = new Map<string, number>();
  readonly #acked: { readonly channel: string; readonly position: Position; readonly data: number }[] = [];
  #last = 0;

  violation(text: string): void {
    this.violations.push(text);
  }

  /** One position has one content, wherever it is seen. */
  content(channel: string, { offset, epoch }: Position, data: number): void {
    const key = `${channel} ${epoch} ${offset}`;
    const known = this.#contents.get(key) ?? data;
    if (known !== data) this.violation(`(b) ${key} is ${known}, and ${data}`);
    this.#contents.set(key, data);
  }

  /** Publishes something new; false where the node has not taken it, or is gone. */
  async publish(node: ClusterNode, channel: string): Promise<boolean> {
    this.#last += 1;
    const data = this.#last;
    const answer = await node.api("publish", { channel, data }).catch(() => null);
    if (typeof answer?.["epoch"] !== "string") return false;
    const position = { offset: Number(answer["offset"]), epoch: answer["epoch"] };
    this.#acked.push({ channel, position, data });
    this.content(channel, position, data);
    return true;
  }

  /** After silence all clients stand at the top, presence is who is there, and what was acknowledged is there once. */
  async judge(node: ClusterNode, clients: readonly Judged[], channels: readonly string[]): Promise<void> {
    for (const channel of channels) {
      await until(`all clients stand at the top of ${channel}`, async () => {
        const top = await node.api("history", { channel, limit: 0 });
        return clients.every((client) => {
          const position = client.positions.get(channel);
          return client.isInside && position?.offset === top["offset"] && position?.epoch === top["epoch"];
        });
      });
      await until(`(g) presence of ${channel} is who is there`, async () => {
        const { presence } = await node.api("presence", { channel });
        const present = isObject(presence) ? Object.keys(presence) : [];
        return (
          present.toSorted().join() ===
          clients
            .map(({ id }) => id)
            .toSorted()
            .join()
        );
      });
      await this.#judgeAcknowledged(node, channel);
    }
    expect(this.violations).toEqual([]);
  }

  async #judgeAcknowledged(node: ClusterNode, channel: string): Promise<void> {
    const { epoch, publications } = await node.api("history", { channel, limit: -1 });
    const kept = (publications as unknown as { data: number }[]).map(({ data }) => data);
    for (const each of this.#acked) {
      if (each.channel !== channel || each.position.epoch !== epoch) continue;
      const count = kept.filter((data) => data === each.data).length;
      if (count !== 1) this.violation(`(c) acknowledged ${each.data} is there ${count} times`);
    }
  }
}
