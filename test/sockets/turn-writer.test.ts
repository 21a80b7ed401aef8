import { expect, test } from "bun:test";
import { TurnWriter } from "../../src/sockets/streams/turn-writer.ts";

test("streams are flushed once a turn, and those that were sent the same pieces share the bytes", () => {
  const tasks: (() => void)[] = [];
  const writer = new TurnWriter((task) => tasks.push(task));
  const [one, two, three] = ["1", "2", "3"].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
  const flushed: Uint8Array[] = [];
  const add = (...pieces: Uint8Array[]) => writer.add({ flush: () => flushed.push(writer.join(pieces)) });

  add(one, two);
  add(one, two);
  add(one, three);
  add(two);
  expect([tasks.length, flushed.length]).toEqual([1, 0]);
  tasks.shift()?.();
  expect(flushed.map(String)).toEqual(["12", "12", "13", "2"]);
  expect([flushed[0] === flushed[1], flushed[3] === two]).toEqual([true, true]);

  add(three);
  expect(tasks).toHaveLength(1);
});
