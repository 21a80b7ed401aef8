import { expect, setDefaultTimeout, test } from "bun:test";
import { Backlog } from "../../actors/connection/backlog.ts";
import { HeldCommands } from "../../actors/connection/held.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { startOpenServer } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { record } from "./connection-values.ts";

setDefaultTimeout(testTimeout);

const refresh = (at: number) => ({ type: "hub.refresh", expireAt: null, info: String(at) }) as const;

test("held commands are taken in their order, also where some come while others are taken", () => {
  const held = new HeldCommands();
  const taken: (string | undefined)[] = [];
  let added = 0;
  for (let round = 0; round < 300; round += 1) {
    for (let count = 0; count < 1 + (round % 3); count += 1) {
      held.add(refresh(added));
      added += 1;
    }
    const event = held.take();
    if (event?.type === "hub.refresh") taken.push(event.info);
  }
  expect(held.size).toBe(added - taken.length);
  for (let event = held.take(); event; event = held.take()) {
    if (event.type === "hub.refresh") taken.push(event.info);
  }
  expect(taken).toEqual(Array.from({ length: added }, (_, at) => String(at)));
  expect([held.size, held.first]).toEqual([0, undefined]);
});

test("connections with a backlog take turns, so many commands in one turn of the event loop", () => {
  const turns: (() => void)[] = [];
  const backlog = new Backlog({ setImmediate: (run) => void turns.push(run) });
  const run: string[] = [];
  const connections = ["a", "b"].map((name) => {
    const connection = record();
    let left = 100;
    const self = {
      send: () => {
        run.push(name);
        left -= 1;
        if (left > 0) backlog.ask({ connection, self });
      },
    };
    return { connection, self };
  });
  for (const scope of connections) backlog.ask(scope);
  const first = run.length;
  expect(first).toBeLessThan(100);
  const sizes: number[] = [];
  while (turns.length > 0) {
    const before = run.length;
    turns.shift()?.();
    sizes.push(run.length - before);
  }
  expect(Math.max(...sizes)).toBeLessThanOrEqual(first);
  expect(["a", "b"].map((name) => run.filter((each) => each === name).length)).toEqual([100, 100]);
  // The second is not served behind the first: in each turn both have theirs.
  const second = run.slice(first, first * 3);
  expect(second).toContain("a");
  expect(second).toContain("b");
});

test("a frame of subscribes with forged tokens costs work that grows with their number and no faster", async () => {
  await using server = await startOpenServer();
  let events = 0;
  server.node.hub.system.inspect(({ type }) => {
    if (type === "@xstate.event") events += 1;
  });
  const costOf = async (count: number): Promise<number> => {
    using probe = await CentrifugeProbe.connect(server.ws);
    const before = events;
    probe.send(
      ...Array.from({ length: count }, (_, index) => ({
        id: index + 2,
        subscribe: { channel: `c${index}`, token: "forged" },
      })),
    );
    const replies = await probe.take(count);
    expect(replies.map((reply) => ("id" in reply ? reply["id"] : null))).toEqual(
      Array.from({ length: count }, (_, index) => index + 2),
    );
    return events - before;
  };
  const few = await costOf(32);
  expect(await costOf(256)).toBeLessThanOrEqual(few * 9);
});
