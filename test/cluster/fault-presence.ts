import type { Visibility } from "../../src/presence/presence-events.ts";
import { until } from "../broker/remote/fault-runs.ts";
import type { SeededRandom } from "../support/random.ts";
import type { FaultNode } from "./fault-node.ts";

const channels = ["a", "b"] as const;
const visibility: Visibility = { presence: true, joinLeave: true, leaveGrace: 0 };

interface Client {
  readonly node: FaultNode;
  readonly channel: string;
  readonly id: string;
  isIn: boolean;
}

/** Clients that come, change and go, and what others were told of them. */
export class PresenceRun {
  /** By client: `+` for each join and `-` for each leave that was told. */
  readonly told = new Map<string, string>();
  readonly #nodes: readonly FaultNode[];
  readonly #random: SeededRandom;
  readonly #clients: Client[] = [];

  constructor(nodes: readonly FaultNode[], random: SeededRandom) {
    this.#nodes = nodes;
    this.#random = random;
  }

  step(): void {
    const client = this.#clients[this.#random.int(2 * this.#clients.length + 1)];
    if (client === undefined) this.#enter();
    else if (client.isIn && this.#random.int(4) > 0) this.#leave(client);
    else if (client.isIn) client.node.presence.renew(client.channel, infoOf(client, "renewed"), visibility);
  }

  /** The answer of any node, and at any time, is the entries or that there is none. */
  async look(): Promise<void> {
    const list = await this.#random.pick(this.#nodes as [FaultNode]).presence.list("a");
    if (list !== null && !(list instanceof Map)) throw new Error(`It answers ${list}.`);
  }

  /** (g) Presence is the clients that are there, at every node. */
  async judge(): Promise<void> {
    for (const node of this.#nodes) {
      for (const channel of channels) {
        const expected = this.#clients.filter((each) => each.isIn && each.channel === channel).map(({ id }) => id);
        await until(`presence of ${channel} at ${node.name} is ${expected.toSorted()}`, async () => {
          const [list, stats] = [await node.presence.list(channel), await node.presence.stats(channel)];
          const found = list instanceof Map ? [...list.keys()] : [];
          return found.toSorted().join() === expected.toSorted().join() && stats?.clients === expected.length;
        });
      }
    }
  }

  /**
   * Where Redis has lost nothing and no node was taken for gone: who is there was told of once, and who has left was
   * told of as often as its leave, once or, where it had left before it could be entered, never.
   */
  mistold(): readonly string[] {
    const isRight = ({ id, isIn }: Client) => (isIn ? /^\+$/ : /^(?:\+-)?$/).test(this.told.get(id) ?? "");
    return this.#clients.filter((client) => !isRight(client)).map(({ id }) => `${id}: ${this.told.get(id)}`);
  }

  #enter(): void {
    const node = this.#random.pick(this.#nodes as [FaultNode]);
    const channel = this.#random.pick(channels);
    const client = { node, channel, id: `client${this.#clients.length}`, isIn: true };
    this.#clients.push(client);
    node.presence.enter(channel, infoOf(client), visibility);
  }

  #leave(client: Client): void {
    client.isIn = false;
    client.node.presence.leave(client.channel, infoOf(client), visibility);
  }
}

function infoOf({ id }: Client, connInfo = "first") {
  return { user: `user${id.length}`, client: id, connInfo: JSON.stringify(connInfo) };
}
