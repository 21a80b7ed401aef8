import { expect } from "bun:test";
import type { AppendOutcome, OwedMessage } from "../../src/messages/inbox.ts";
import { until } from "../broker/remote/fault-runs.ts";
import type { SeededRandom } from "../support/random.ts";
import type { FaultNode } from "./fault-node.ts";

const device = { user: "ann", device: "" };
const everything = { ...device, after: 0, bytesMax: 100_000_000 };

interface Sent {
  readonly id: string;
  readonly isKept: boolean;
  readonly key: string;
  outcome: AppendOutcome | null;
  /** A settling of it was answered, or was not: then it is not known. */
  settled: "no" | "yes" | "unknown";
}

/** Messages of a user: sent, taken and settled at any node, also while calls before are not answered. */
export class InboxRun {
  readonly violations: string[] = [];
  /** Calls that are not answered. */
  open = 0;
  readonly #nodes: readonly FaultNode[];
  readonly #random: SeededRandom;
  readonly #sent = new Map<string, Sent>();
  /** How often each message that is kept for one taking was taken. */
  readonly #given = new Map<string, number>();

  constructor(nodes: readonly FaultNode[], random: SeededRandom) {
    this.#nodes = nodes;
    this.#random = random;
  }

  step(): void {
    const { inbox } = this.#random.pick(this.#nodes as [FaultNode]);
    const chance = this.#random.int(5);
    if (chance < 3) void this.#counted(this.#send(inbox));
    else if (chance === 3) void this.#counted(this.#take(inbox));
    else void this.#counted(this.#settle(inbox));
  }

  /** What is kept before is no more promised: Redis has lost it, or has it again. */
  forget(): void {
    for (const sent of this.#sent.values()) sent.settled = "unknown";
    this.#given.clear();
  }

  /** (f) Each call is answered once; (i) what was acknowledged is there until it was settled, once and in its order. */
  async judge(): Promise<void> {
    await until("every call is answered", () => this.open === 0);
    const [node] = this.#nodes;
    const taken: OwedMessage[] = [];
    await until("the messages are given", async () => {
      const owed = await node?.inbox.take(everything);
      taken.push(...(owed ?? []));
      return owed !== null && owed !== undefined;
    });
    this.#heard(taken);
    const ids = taken.map(({ id }) => id);
    const guaranteed = [...this.#sent.values()].filter(({ isKept }) => isKept);
    const lost = guaranteed.filter(
      ({ id, outcome, settled }) => outcome === "kept" && settled === "no" && !ids.includes(id),
    );
    const again = guaranteed.filter(({ id, settled }) => settled === "yes" && ids.includes(id));
    const more = [...this.#given].filter(([, times]) => times > 1);
    expect(new Set(ids).size).toBe(ids.length);
    expect({ lost, again, more, violations: this.violations }).toEqual({
      lost: [],
      again: [],
      more: [],
      violations: [],
    });
    this.#judgeKeys(ids);
  }

  /** At most one message of a key is there; the others had its answer. */
  #judgeKeys(ids: readonly string[]): void {
    const keyed = [...this.#sent.values()]
      .filter(({ id, key }) => key !== "" && ids.includes(id))
      .map(({ key }) => key);
    expect(new Set(keyed).size).toBe(keyed.length);
  }

  async #send(inbox: FaultNode["inbox"]): Promise<void> {
    const number = this.#sent.size;
    const key = this.#random.int(4) === 0 ? `key${this.#random.int(10)}` : "";
    const isKept = this.#random.int(3) > 0;
    const sent: Sent = { id: `message${number}`, isKept, key, outcome: null, settled: "no" };
    this.#sent.set(sent.id, sent);
    sent.outcome = await inbox.append({
      user: device.user,
      id: sent.id,
      payload: { kind: "json", json: String(number) },
      guarantee: isKept ? { until: "acknowledged", per: "user" } : null,
      expiresAt: Number.POSITIVE_INFINITY,
      ...(key !== "" && { remember: { key, answer: sent.id } }),
    });
  }

  async #take(inbox: FaultNode["inbox"]): Promise<void> {
    this.#heard((await inbox.take(everything)) ?? []);
  }

  #heard(taken: readonly OwedMessage[]): void {
    const positions = taken.map(({ position }) => position);
    const isOrdered = positions.every((position, index) => index === 0 || position > (positions[index - 1] ?? 0));
    if (!isOrdered) this.violations.push(`positions ${positions}`);
    for (const { id, guarantee } of taken) {
      if (guarantee === null) this.#given.set(id, (this.#given.get(id) ?? 0) + 1);
    }
  }

  async #settle(inbox: FaultNode["inbox"]): Promise<void> {
    const sent = [...this.#sent.values()].filter(({ isKept, settled }) => isKept && settled === "no");
    const some = sent.filter(() => this.#random.int(3) === 0);
    for (const each of some) each.settled = "unknown";
    const ended = await inbox.settle(
      device,
      some.map(({ id }) => id),
      "acknowledged",
    );
    for (const each of some) {
      if (ended?.some(({ id }) => id === each.id)) each.settled = "yes";
    }
  }

  async #counted(call: Promise<void>): Promise<void> {
    this.open += 1;
    await call;
    this.open -= 1;
  }
}
