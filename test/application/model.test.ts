import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { SeededRandom } from "../support/random.ts";
import { runs } from "../support/runs.ts";
import { Asker, within } from "./asker.ts";
import { type Act, acts, createObedient, Witness } from "./model.ts";
import { startApp } from "./support.ts";

/** Milliseconds after which a failure is not made smaller any more. */
const longest = 120_000;

// A run takes some 30 ms; one that fails is made smaller, which takes many more of them.
setDefaultTimeout(600_000);

function commandOf(id: number, act: Act): object {
  const data = { text: act.text, what: act.what, turns: act.turns };
  switch (act.do) {
    case "subscribe":
      return { id, subscribe: { channel: `room:${act.room}`, data } };
    case "unsubscribe":
      return { id, unsubscribe: { channel: `room:${act.room}` } };
    case "publish":
      return { id, publish: { channel: `room:${act.room}`, data } };
    case "call":
      return { id, rpc: { method: "ask", data } };
    default:
      return { send: { data: { name: "tell", data } } };
  }
}

async function play(wanted: readonly (readonly Act[])[]): Promise<void> {
  const witness = new Witness();
  await using app = await startApp(createObedient(witness), {
    client: { message_rate_limit: 0, subscribe_rate_limit: 0 },
  });
  const askers = wanted.map((each, index) => new Asker(app.ws, `${"xyz"[index]}`, each, commandOf));
  for (const { settled } of askers) await within(settled);
  const order = new Map<string, readonly string[]>();
  for (const room of ["a", "b"]) {
    const { publications } = await app.server.channel("room", { room }).history();
    order.set(
      `room:${room}`,
      publications.map(({ data }) => data.text),
    );
  }
  for (const asker of askers) {
    if (!asker.isCut) checkAnswers(asker);
    checkPublishes(asker, order);
  }
  for (const asker of askers) asker.close();
  await app.stop();
  expect(witness.violations).toEqual([]);
  expect([...witness.alive]).toEqual([]);
  expect(app.log.count("connection.crashed")).toBe(0);
}

/** Each command is answered once, and as its handler decided. */
function checkAnswers(asker: Asker<Act>): void {
  expect(asker.isOpen).toBe(true);
  const ids = asker.replies.map(({ id = 0 }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, act } of asker.asked) {
    const code = asker.answerTo(id)?.error?.code ?? 0;
    if (act.do === "send") expect(ids).not.toContain(id);
    else if (act.do === "unsubscribe") expect(code).toBe(0);
    else if (act.do !== "subscribe" || code !== 105) expect(code).toBe(codes[act.what]);
  }
  // Everything but calls is answered in its order.
  const inOrder = ids.filter((id) => asker.asked.find((each) => each.id === id)?.act.do !== "call");
  expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
}

const codes = { grant: 0, refuse: 410, throw: 100, garbage: 100 } as const;

/** What was granted is published once, in the order of its client; nothing else is; and what was heard is a part of it. */
function checkPublishes(asker: Asker<Act>, order: ReadonlyMap<string, readonly string[]>): void {
  for (const [channel, published] of order) {
    const own = asker.asked.filter(({ act }) => act.do === "publish" && `room:${act.room}` === channel);
    const granted = own.filter(({ act }) => act.what === "grant").map(({ act }) => act.text);
    const found = published.filter((text) => own.some(({ act }) => act.text === text));
    // A client whose line is cut may be gone before the server has come to its last publishes.
    expect(found).toEqual(asker.isCut ? granted.slice(0, found.length) : granted);
    const heard = asker.heard.get(channel) ?? [];
    expect(published.filter((text) => heard.includes(text))).toEqual(heard);
  }
}

test("[MD3] whatever clients ask at once and handlers do, each command is answered once, in its order, and as decided", async () => {
  const { seed } = new SeededRandom();
  const details = await fc.check(fc.asyncProperty(acts, play), {
    seed: seed | 0,
    numRuns: runs,
    interruptAfterTimeLimit: longest,
  });
  expect(
    details.failed ? `seed ${seed | 0}: ${JSON.stringify(details.counterexample)}\n${details.errorInstance}` : null,
  ).toBeNull();
});
