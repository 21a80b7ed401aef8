import { expect, test } from "bun:test";
import { answerTimeout } from "../../src/cluster/cluster.ts";
import { type ClusterMessage, decodeMessage, encodeMessage } from "../../src/cluster/wire.ts";
import { ManualTimers } from "../support/timers.ts";
import { LocalBuses } from "./local-bus.ts";

/** Two nodes; the second one answers questions of the kind `double`. */
function twoNodes() {
  const timers = new ManualTimers();
  const buses = new LocalBuses(timers);
  const [one, other] = [buses.join("one"), buses.join("other")];
  other.cluster.onAsked("double", (body) => body + body);
  other.cluster.onAsked("late", (body) => Promise.resolve(body));
  other.cluster.onAsked("nothing", () => null);
  other.cluster.onAsked("fault", () => {
    throw new Error("a fault");
  });
  return { timers, one, other };
}

test("[ND1] a question is answered by its node, also later; one without an answer is answered at once too", async () => {
  const { one, timers } = twoNodes();
  const ask = (kind: string) => one.cluster.ask("other", kind, "é\n");
  const answers = await Promise.all(["double", "late", "nothing", "fault", "unknown"].map(ask));
  expect(answers).toEqual(["é\né\n", "é\n", null, null, null]);
  expect(timers.size).toBe(0);
});

test("[ND1] a node that does not answer in time gives no answer, and one that comes later is dropped", async () => {
  const { one, other, timers } = twoNodes();
  other.bus.isCut = true;
  const answer = one.cluster.ask("other", "double", "a");
  timers.advance(answerTimeout);
  expect(await answer).toBeNull();
  expect(one.cluster.counts.unanswered).toBe(1);
  one.bus.hear(encodeMessage({ type: "answer", from: "other", id: "1", kind: "double", body: "aa" }));
  expect(one.cluster.counts.unreadable).toBe(0);
});

const message: ClusterMessage = { type: "tell", from: "one", id: "", kind: "k", body: "a\n b" };

/** As the version before wrote a message. */
const encodeZeroth = (given: ClusterMessage) => `0${JSON.stringify(given)}`;

test("[ND2] a message of version 0 is understood beside version 1", () => {
  for (const encode of [encodeMessage, encodeZeroth]) expect(decodeMessage(encode(message))).toEqual(message);
});

test.each(["", "2tell one  k\n", "1", "1tell one  k", "1shout one  k\n", "1tell one k\n", "0{}", "0"])(
  "[ND2] the message %j is counted and dropped",
  (text) => {
    const { one, other } = twoNodes();
    const heard: string[] = [];
    one.cluster.onTold("k", (body) => heard.push(body));
    one.bus.hear(text);
    expect(one.cluster.counts.unreadable).toBe(1);
    other.cluster.tellAll("k", "body");
    expect(heard).toEqual(["body"]);
    // A kind that only the sender knows.
    expect(other.cluster.counts.unreadable).toBe(1);
  },
);
