import { expect, test } from "bun:test";
import { ReplyRun } from "../../src/sockets/reply-run.ts";

test("replies to one socket that follow each other leave together, and before anything else is sent to it", () => {
  const tasks: (() => void)[] = [];
  const replies = new ReplyRun((task) => tasks.push(task));
  const sent: string[] = [];
  const socket = (name: string) => ({
    sendTogether: (frames: readonly unknown[]) => void sent.push(`${name}: ${frames.join(" ")}`),
  });
  const [one, two] = [socket("one"), socket("two")];

  replies.add(one, "1");
  replies.add(one, "2");
  expect([sent, tasks.length]).toEqual([[], 1]);
  replies.add(two, "3");
  expect(sent).toEqual(["one: 1 2"]);
  replies.before(one);
  expect(sent).toHaveLength(1);
  replies.before(two);
  replies.add(two, "4");
  expect([sent, tasks.length]).toEqual([["one: 1 2", "two: 3"], 1]);
  for (const task of tasks.splice(0)) task();
  expect(sent).toEqual(["one: 1 2", "two: 3", "two: 4"]);

  replies.add(one, "5");
  for (const task of tasks.splice(0)) task();
  expect(sent.at(-1)).toBe("one: 5");
});
