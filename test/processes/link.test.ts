import { expect, test } from "bun:test";
import { answerMs, Link, nothing, type Reply } from "../../src/processes/link.ts";
import { fixtureParts } from "../broker/fixture.ts";
import { linkPair } from "../broker/parent/parent-fixture.ts";
import { Scheduler } from "../broker/remote/simulated-engine.ts";

const kind = 40;

/** Two ends, and what lets everything arrive. */
function pair(seed: number) {
  const parts = fixtureParts(seed);
  const scheduler = new Scheduler(parts.random);
  const tasks: (() => void)[] = [];
  const ends = linkPair(parts, scheduler, (task) => void tasks.push(task));
  const settle = () => {
    for (;;) {
      const task = tasks.shift();
      task?.();
      if (!task && !scheduler.step()) return;
    }
  };
  return { ...ends, clock: parts.clock, settle };
}

/** An end whose socket takes nothing. */
function stalled(ended: (reason: string) => void = () => {}) {
  const { clock } = fixtureParts();
  return new Link({ write: () => 0, end: () => {} }, { clock, schedule: (task) => task(), ended });
}

test("messages arrive whole and in their order, whatever pieces they come in", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const { worker, parent, settle } = pair(seed);
    const heard: string[] = [];
    parent.onTold(kind, (body) => heard.push(body.text()));
    const texts = ["", "a", "\ud800", "é𝄞", "x".repeat(70_000), "\u0000"];
    for (const text of texts) worker.tell(kind, (to) => to.text(text));
    settle();
    expect(heard).toEqual(texts);
  }
});

test("a call that is not answered in time has no answer, and a late one is nothing", () => {
  const { worker, parent, clock, settle } = pair(1);
  const replies: Reply[] = [];
  parent.onCall(kind, (_, reply) => replies.push(reply));
  const answers: (string | null)[] = [];
  worker.call(kind, nothing, (answer) => answers.push(answer?.text() ?? null));
  settle();
  clock.advance(answerMs - 1);
  worker.sweep();
  expect(answers).toEqual([]);
  clock.advance(1);
  worker.sweep();
  for (const reply of replies) reply((to) => to.text("late"));
  settle();
  expect(answers).toEqual([null]);
  expect(worker.pending).toBe(0);
});

test("a call of a kind that the other side does not know is refused", () => {
  const { worker, settle } = pair(1);
  let answer: unknown;
  worker.call(kind, nothing, (given) => {
    answer = given;
  });
  settle();
  expect(answer).toBeNull();
});

test("where the socket takes nothing, calls fail at once from a bound on", () => {
  const link = stalled();
  let failed = 0;
  for (let n = 0; n < 80; n++)
    link.call(
      kind,
      (to) => to.text("x".repeat(1_000_000)),
      (answer) => (failed += answer ? 0 : 1),
    );
  expect(failed).toBeGreaterThan(10);
  expect(link.queued).toBeLessThan(70_000_000);
});

test.each([
  ["a length that no message has", new Uint8Array([255, 255, 255, 255])],
  ["a message that is shorter than its head", new Uint8Array([1, 0, 0, 0, 40])],
  ["a body that is not as long as it says", new Uint8Array([9, 0, 0, 0, kind, 0, 0, 0, 0, 9, 0, 0, 0])],
])("%s ends the link, and all that waits has no answer", (_, bytes) => {
  const reasons: string[] = [];
  const link = stalled((reason) => reasons.push(reason));
  link.onTold(kind, (body) => body.text());
  let answer: unknown;
  link.call(kind, nothing, (given) => {
    answer = given;
  });
  link.received(bytes);
  expect(reasons).toEqual([expect.stringMatching(/^unreadable: /)]);
  expect(answer).toBeNull();
  expect(link.tell(kind, nothing)).toBe(false);
});

test("a body that cannot be written leaves nothing behind", () => {
  const { worker, parent, settle } = pair(1);
  const heard: string[] = [];
  parent.onTold(kind, (body) => heard.push(body.text()));
  const fail = () => {
    throw new Error("no body");
  };
  expect(() => worker.tell(kind, fail)).toThrow("no body");
  worker.tell(kind, (to) => to.text("whole"));
  settle();
  expect(heard).toEqual(["whole"]);
});
