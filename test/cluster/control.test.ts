import { expect, test } from "bun:test";
import type { HubEvent, Told } from "../../actors/hub/events.ts";
import { Control } from "../../src/cluster/control.ts";
import { disconnects } from "../../src/core/disconnects.ts";
import { SealedPayload } from "../../src/core/sealed.ts";
import { seconds } from "../../src/core/time.ts";
import { unsubscribes } from "../../src/core/unsubscribes.ts";
import { ManualTimers } from "../support/timers.ts";
import { LocalBuses } from "./local-bus.ts";

/** Nodes that hear each other at once, with what their Hubs were told. */
function nodesOf(...names: readonly string[]) {
  const buses = new LocalBuses(new ManualTimers());
  const told = names.map((): HubEvent[] => []);
  const nodes = names.map((name, index) => {
    const { cluster, bus } = buses.join(name);
    return { cluster, bus, control: new Control({ hub: { send: (event) => void told[index]?.push(event) }, cluster }) };
  });
  return { nodes, told };
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
  const { nodes, told } = nodesOf("one", "other");
  nodes[0]?.control.send({ type: "user.tell", target, event });
  expect(told).toEqual([[{ type: "user.tell", target, event }], [{ type: "user.tell", target, event }]]);
});

test("a user who is to have one connection has one on all nodes", () => {
  const { nodes, told } = nodesOf("one", "other");
  nodes[0]?.control.send({ type: "connection.alone", id: "c1", user: "ann" });
  expect(told[1]).toEqual([
    { type: "user.tell", target, event: { type: "hub.disconnect", disconnect: disconnects.connectionLimit } },
  ]);
});

test("messages and what connections report stay on their node", () => {
  const { nodes, told } = nodesOf("one", "other");
  const data = new SealedPayload({ kind: "json", json: "1" });
  nodes[0]?.control.send({ type: "user.tell", target, event: { type: "hub.message", data } });
  nodes[0]?.control.send({ type: "hub.drain" });
  expect(told.map((each) => each.length)).toEqual([2, 0]);
});

test.each(["", "{", "[]", '{"target":{},"event":{}}'])("[RD6] the message %j is counted and dropped", (body) => {
  const { nodes, told } = nodesOf("one", "other");
  nodes[1]?.cluster.tellAll("control", body);
  expect(nodes[0]?.cluster.counts.unreadable).toBe(1);
  expect(told[0]).toEqual([]);
});
