import { expect } from "bun:test";
import { patience } from "../../support/patience.ts";
import { type EngineNode, options, type RunHistory } from "./node.ts";

const channels = ["a", "b", "c"];

type Nodes = readonly [EngineNode, EngineNode];

/** Publishes one after the other, by turns at each node. */
export async function publish(nodes: Nodes, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) await nodes[n % 2]?.publish(channels[n % 3] ?? "a", n);
}

/** Publishes while something fails. */
export async function publishFor(nodes: Nodes, from: number, ms: number): Promise<void> {
  const end = performance.now() + ms;
  for (let n = from; performance.now() < end; n++) {
    void nodes[n % 2]?.publish(channels[n % 3] ?? "a", n);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/**
 * Ends a run: each node has something acknowledged, is silent, and stands at the engine's top; every callback was called,
 * and nothing of what was seen contradicts.
 */
export async function judge(nodes: Nodes, history: RunHistory): Promise<void> {
  let n = 1_000_000;
  await until("a publish of each node is taken", async () => {
    const taken = await Promise.all(nodes.map((node) => node.publish("a", ++n)));
    return taken.every(Boolean);
  });
  await until("every publish is answered", () => nodes.every(({ open }) => open === 0));
  await rest(nodes);
  expect(history.violations).toEqual([]);
  await judgeAcknowledged(nodes, history);
  await Promise.all(nodes.map((node) => node.close()));
}

/** The subscribers of both nodes stand at the engine's top. */
async function rest(nodes: Nodes): Promise<void> {
  for (const channel of channels) {
    await until(`all stand at the top of ${channel}`, async () => {
      const top = await topOf(nodes[0], channel);
      return nodes.every((node) => {
        const position = node.positions.get(channel);
        return node.isInside(channel) && position?.offset === top?.offset && position?.epoch === top?.epoch;
      });
    });
  }
}

function topOf({ broker }: EngineNode, channel: string) {
  return new Promise<{ offset: number; epoch: string } | null>((resolve) =>
    broker.history(channel, options, { limit: 0, since: null, reverse: false }, (outcome) =>
      resolve(outcome.ok ? outcome.value.position : null),
    ),
  );
}

/** Each acknowledged publication of an epoch that stands is in its stream once. */
async function judgeAcknowledged(nodes: Nodes, history: RunHistory): Promise<void> {
  for (const channel of channels) {
    const outcome = await new Promise<Parameters<Parameters<EngineNode["broker"]["history"]>[3]>[0]>((resolve) =>
      nodes[0].broker.history(channel, options, { limit: -1, since: null, reverse: false }, resolve),
    );
    if (!outcome.ok) throw new Error("The history cannot be read.");
    const { position, publications } = outcome.value;
    const kept = publications.map(({ data }) => (data.kind === "json" ? data.json : ""));
    const missing = history.acked.filter(
      (each) =>
        each.channel === channel &&
        each.position.epoch === position.epoch &&
        kept.filter((data) => data === each.data).length !== 1,
    );
    expect(missing).toEqual([]);
  }
}

/** Waits until something holds; says what did not. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`It does not come to this: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
