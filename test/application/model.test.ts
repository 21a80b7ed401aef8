import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { patience } from "../support/patience.ts";
import { SeededRandom } from "../support/random.ts";
import { runs } from "../support/runs.ts";
import { type Act, acts, createObedient, Witness } from "./model.ts";
import { startApp } from "./support.ts";

/** Milliseconds after which a failure is not made smaller any more. */
const longest = 120_000;

// A run takes some 30 ms; one that fails is made smaller, which takes many more of them.
setDefaultTimeout(600_000);

interface Reply {
  readonly id?: number;
  readonly error?: { readonly code: number };
  readonly push?: { readonly channel: string; readonly pub?: { readonly data: { readonly text: string } } };
}

/** A client that asks for everything at once, and notes what it hears. */
class Asker {
  readonly replies: Reply[] = [];
  readonly heard = new Map<string, string[]>();
  readonly asked: readonly { readonly id: number; readonly act: Act }[];
  readonly isCut: boolean;
  readonly #socket: WebSocket;
  readonly #settled = Promise.withResolvers<void>();

  constructor(ws: string, name: string, wanted: readonly Act[]) {
    const cut = wanted.findIndex((act) => act.do === "cut");
    this.isCut = cut !== -1;
    const kept = this.isCut ? wanted.slice(0, cut) : wanted;
    this.asked = kept.map((act, index) => ({ id: index + 2, act: { ...act, text: `${name}${index}` } }));
    this.#socket = new WebSocket(`${ws}/connection/websocket`);
    this.#socket.onopen = () => {
      const lines = this.asked.map(({ id, act }) => commandOf(id, act));
      this.#socket.send([{ id: 1, connect: {} }, ...lines].map((line) => JSON.stringify(line)).join("\n"));
      if (this.isCut) this.#socket.terminate();
      else this.#look();
    };
    this.#socket.onclose = () => this.#settled.resolve();
    this.#socket.onmessage = ({ data }) => {
      for (const line of String(data).split("\n")) this.#take(JSON.parse(line));
      this.#look();
    };
  }

  /** Everything is answered, or the connection has ended. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  close(): void {
    this.#socket.close();
  }

  answerTo(id: number): Reply | undefined {
    return this.replies.find((reply) => reply.id === id);
  }

  #take(reply: Reply): void {
    if (reply.id !== undefined) this.replies.push(reply);
    const { push } = reply;
    if (push?.pub) this.heard.set(push.channel, [...(this.heard.get(push.channel) ?? []), push.pub.data.text]);
  }

  #look(): void {
    const due = this.asked.filter(({ act }) => act.do !== "send").length + 1;
    if (this.replies.length >= due) this.#settled.resolve();
  }
}

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
  const askers = wanted.map((each, index) => new Asker(app.ws, `${"xyz"[index]}`, each));
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

async function within(settled: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("a command was not answered")), patience);
  await Promise.race([settled, late.promise]).finally(() => clearTimeout(timer));
}

/** Each command is answered once, and as its handler decided. */
function checkAnswers(asker: Asker): void {
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
function checkPublishes(asker: Asker, order: ReadonlyMap<string, readonly string[]>): void {
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
