import { expect, test } from "bun:test";
import type { HubEvent, Told } from "../../actors/hub/events.ts";
import { Control } from "../../src/cluster/control.ts";
import { disconnects } from "../../src/core/disconnects.ts";
import { SealedPayload } from "../../src/core/sealed.ts";
import { seconds } from "../../src/core/time.ts";
import { unsubscribes } from "../../src/core/unsubscribes.ts";

/** Nodes that hear each other at once, with what their Hubs were told. */
function nodesOf(...names: readonly string[]) {
  const controls: Control[] = [];
  const told = names.map((): HubEvent[] => []);
  const channel = { tell: (text: string) => controls.forEach((control) => void control.heard(text)) };
  for (const [index, node] of names.entries()) {
    controls.push(new Control({ hub: { send: (event) => void told[index]?.push(event) }, channel, node }));
  }
  return { controls, told };
}

const target = { user: "ann", client: "", session: "", except: new Set(["c1"]) };
const request = {
  channel: "a",
  expireAt: seconds(2),
  since: { offset: 1, epoch: "e" },
  info: '{"n": 1}',
  override: { presence: true },
};

test.each<[Told]>([
  [{ type: "hub.disconnect", disconnect: disconnects.forceDisconnect }],
  [{ type: "hub.unsubscribe", channel: "a", unsubscribe: unsubscribes.server }],
  [{ type: "hub.refresh", expireAt: seconds(1), info: "{}" }],
  [{ type: "hub.refresh", expireAt: null }],
  [{ type: "hub.subscribe", request }],
])("[RD6] %o is told once on every node", (event) => {
  const { controls, told } = nodesOf("one", "other");
  controls[0]?.send({ type: "user.tell", target, event });
  expect(told).toEqual([[{ type: "user.tell", target, event }], [{ type: "user.tell", target, event }]]);
});

test("a user who is to have one connection has one on all nodes", () => {
  const { controls, told } = nodesOf("one", "other");
  controls[0]?.send({ type: "connection.alone", id: "c1", user: "ann" });
  expect(told[1]).toEqual([
    { type: "user.tell", target, event: { type: "hub.disconnect", disconnect: disconnects.connectionLimit } },
  ]);
});

test("messages and what connections report stay on their node", () => {
  const { controls, told } = nodesOf("one", "other");
  const data = new SealedPayload({ kind: "json", json: "1" });
  controls[0]?.send({ type: "user.tell", target, event: { type: "hub.message", data } });
  controls[0]?.send({ type: "hub.drain" });
  expect(told.map((each) => each.length)).toEqual([2, 0]);
});

test.each(["", "2{}", "1", "1{", "1[]", '1{"node":"one","target":{},"event":{}}', "0{}"])(
  "[RD6] the message %j is counted and dropped",
  (text) => {
    const { controls, told } = nodesOf("one");
    controls[0]?.heard(text);
    expect(controls[0]?.counts.unreadable).toBe(1);
    expect(told[0]).toEqual([]);
  },
);
