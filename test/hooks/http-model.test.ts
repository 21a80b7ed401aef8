import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { Asker, within } from "../application/asker.ts";
import { startOpenServer } from "../support/open-channels.ts";
import { SeededRandom } from "../support/random.ts";
import { runs } from "../support/runs.ts";
import { answers, type Order, startFaultyBackend } from "./faulty-backend.ts";
import { startRawServer } from "./http-backend.ts";

// A run takes some 50 ms; one that fails is made smaller, which takes many more of them.
setDefaultTimeout(600_000);

/** Milliseconds after which a failure is not made smaller any more. */
const longest = 120_000;

/** Where a command goes: to the back end, to one that never answers in time, to one that is not there. */
type Place = "at" | "late" | "gone";

interface Act extends Order {
  readonly do: "subscribe" | "publish" | "unsubscribe" | "call" | "cut";
  readonly place: Place;
  readonly room: string;
}

const order = {
  text: fc.constant(""),
  room: fc.constantFrom("a", "b"),
  what: fc.constantFrom("grant" as const, "grant" as const, "grant" as const, ...answers),
  turns: fc.constantFrom(0, 0, 1, 5),
  place: fc.constantFrom<Place[]>("at", "at", "at", "at", "at", "at", "at", "late", "gone"),
};

const world = fc.record({
  concurrency: fc.constantFrom(0, 4),
  acts: fc.array(
    fc.array(
      fc.oneof(
        { weight: 8, arbitrary: fc.record({ do: fc.constant("publish" as const), ...order }) },
        { weight: 3, arbitrary: fc.record({ do: fc.constant("subscribe" as const), ...order }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant("unsubscribe" as const), ...order }) },
        { weight: 4, arbitrary: fc.record({ do: fc.constant("call" as const), ...order }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant("cut" as const), ...order }) },
      ),
      { maxLength: 20, size: "max" },
    ),
    { minLength: 1, maxLength: 3 },
  ),
});

function commandOf(id: number, { do: verb, place, room, text, what, turns }: Act): object {
  const data = { text, what: place === "late" ? "never" : what, turns };
  const channel = `${place}:${room}`;
  switch (verb) {
    case "subscribe":
      return { id, subscribe: { channel, data } };
    case "unsubscribe":
      return { id, unsubscribe: { channel } };
    case "publish":
      return { id, publish: { channel, data } };
    default:
      return { id, rpc: { method: `${place}:ask`, data } };
  }
}

/** A hook for each place; that of `late` is not waited for. */
function configOf(endpoint: string, gone: string, concurrency: number) {
  const places = ["at", "late", "gone"].map((place) => ({
    name: `to-${place}`,
    endpoint: place === "gone" ? gone : endpoint,
    timeout: place === "late" ? "20ms" : "60s",
  }));
  return {
    client: { concurrency },
    proxies: places,
    channel: {
      namespaces: ["at", "late", "gone"].map((name) => ({
        name,
        history_size: 1_000,
        history_ttl: "1h",
        subscribe_proxy_enabled: true,
        subscribe_proxy_name: `to-${name}`,
        publish_proxy_enabled: true,
        publish_proxy_name: `to-${name}`,
      })),
    },
    rpc: {
      namespaces: ["at", "late", "gone"].map((name) => ({ name, proxy_enabled: true, proxy_name: `to-${name}` })),
    },
  };
}

/** An address that refuses connections. */
async function nowhere(): Promise<string> {
  const { url, [Symbol.asyncDispose]: stop } = await startRawServer(() => {});
  await stop();
  return url;
}

async function play({ concurrency, acts }: { concurrency: number; acts: readonly (readonly Act[])[] }): Promise<void> {
  await using backend = await startFaultyBackend();
  await using server = await startOpenServer(configOf(backend.url, await nowhere(), concurrency));
  const askers = acts.map((each, index) => new Asker(server.ws, `${"xyz"[index]}`, each, commandOf));
  for (const { settled } of askers) await within(settled);
  for (const asker of askers) if (!asker.isCut) checkAnswers(asker, concurrency);
  for (const room of ["a", "b"]) {
    const { publications } = await server.api.history(`at:${room}`, { limit: 1_000 });
    const published = publications.map(({ data }) => (data as unknown as Order).text);
    for (const asker of askers) checkPublishes(asker, { channel: `at:${room}`, published, concurrency });
  }
  for (const asker of askers) asker.close();
  // A request that failed may have been executed: it is never sent a second time.
  expect(new Set(backend.asked).size).toBe(backend.asked.length);
  await server.stop();
  expect(server.log.count("connection.crashed")).toBe(0);
}

function codeOf({ place, what }: Act): number {
  if (place !== "at") return 100;
  return what === "grant" ? 0 : what === "refuse" ? 410 : 100;
}

/** Each command is answered once, and as the back end decided; with one at a time in their order. */
function checkAnswers(asker: Asker<Act>, concurrency: number): void {
  expect(asker.isOpen).toBe(true);
  const ids = asker.replies.map(({ id = 0 }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, act } of asker.asked) {
    const code = asker.answerTo(id)?.error?.code ?? 0;
    if (act.do === "unsubscribe") expect(code).toBe(0);
    else if (act.do !== "subscribe" || code !== 105) expect(code).toBe(codeOf(act));
  }
  if (concurrency === 0) expect(ids).toEqual([...ids].sort((a, b) => a - b));
}

/** What was granted is published once, with one command at a time in the order of its client; nothing else is. */
function checkPublishes(
  asker: Asker<Act>,
  { channel, published, concurrency }: { channel: string; published: readonly string[]; concurrency: number },
): void {
  const own = asker.asked.filter(({ act }) => act.do === "publish" && `${act.place}:${act.room}` === channel);
  const granted = own.filter(({ act }) => codeOf(act) === 0).map(({ act }) => act.text);
  const found = published.filter((text) => own.some(({ act }) => act.text === text));
  const inAnyOrder = (texts: readonly string[]) => (concurrency === 0 ? texts : [...texts].sort());
  if (!asker.isCut) expect(inAnyOrder(found)).toEqual(inAnyOrder(granted));
  else if (concurrency === 0) expect(found).toEqual(granted.slice(0, found.length));
  else expect(granted).toEqual(expect.arrayContaining(found));
  const heard = asker.heard.get(channel) ?? [];
  expect(published.filter((text) => heard.includes(text))).toEqual(heard);
}

test("[MD4] whatever clients ask at once and a back end over HTTP does, each command is answered once and as decided", async () => {
  const { seed } = new SeededRandom();
  const details = await fc.check(fc.asyncProperty(world, play), {
    seed: seed | 0,
    numRuns: Math.ceil(runs / 2),
    interruptAfterTimeLimit: longest,
  });
  expect(
    details.failed ? `seed ${seed | 0}: ${JSON.stringify(details.counterexample)}\n${details.errorInstance}` : null,
  ).toBeNull();
});
