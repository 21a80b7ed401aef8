import { expect, test } from "bun:test";
import { Pacer } from "../../src/sockets/pacer.ts";

/** A loop whose pacer are made by hand, and what was let in by each. */
function loop() {
  const tasks: (() => void)[] = [];
  const entered: number[] = [];
  const pacer = new Pacer(16, (task) => tasks.push(task));
  const ask = async (name: number) => {
    const turn = pacer.take();
    if (turn) await turn;
    entered.push(name);
  };
  return {
    pacer,
    entered,
    ask: (from: number, to: number) => {
      for (let name = from; name < to; name += 1) void ask(name);
    },
    turn: async () => {
      for (const task of tasks.splice(0)) task();
      await Promise.resolve();
    },
    get idle() {
      return tasks.length === 0;
    },
  };
}

const upTo = (count: number) => Array.from({ length: count }, (_, name) => name);

test("a crowd goes ahead so many a turn of the loop; the others follow so many a turn, in their order", async () => {
  const { pacer, entered, ask, turn } = loop();
  ask(0, 40);
  expect([entered.length, pacer.waiting]).toEqual([16, 24]);
  await turn();
  expect([entered.length, pacer.waiting]).toEqual([32, 8]);
  // Who comes later does not overtake those who wait.
  ask(40, 60);
  await turn();
  await turn();
  expect([entered, pacer.waiting]).toEqual([upTo(60), 0]);
});

test("a turn without anybody leaves its room whole again, and nothing behind that would keep the loop awake", async () => {
  const stage = loop();
  stage.ask(0, 16);
  await stage.turn();
  expect(stage.idle).toBe(true);
  stage.ask(16, 32);
  expect(stage.entered).toEqual(upTo(32));
  await stage.turn();
  expect(stage.idle).toBe(true);
});

test("tasks are run at once where there is room, and in their turn among those who wait", async () => {
  const { pacer, entered, ask, turn } = loop();
  ask(0, 15);
  for (const name of [15, 16, 17]) pacer.run(() => entered.push(name));
  ask(18, 20);
  expect(entered).toEqual(upTo(16));
  await turn();
  expect(entered).toEqual(upTo(20));
});
