import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { isOperationError } from "../../src/server.ts";
import { startOpenServer } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";

setDefaultTimeout(testTimeout);

async function start() {
  const server = await startOpenServer();
  const probe = await new Probe(`${server.ws}/ws?channel=news`).open();
  return { inProcess: server.api, probe, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const bytes = Uint8Array.of(9, 1, 2, 255);
const view = bytes.subarray(1);

/** All that it holds is out of reach of JSON. */
class Hidden {
  #value = 1;
  get value() {
    return this.#value;
  }
}

/** What JSON cannot hold, by the words that its refusal has. */
const lossy: readonly (readonly [words: string, value: unknown])[] = [
  ["got undefined", undefined],
  ["got a function", () => 1],
  ["got a symbol", Symbol("s")],
  ["got a bigint", 1n],
  ["got NaN", Number.NaN],
  ["got Infinity", Number.POSITIVE_INFINITY],
  ["got a value of type Map", new Map([["a", 1]])],
  ["got a value of type Set", new Set([1])],
  ["got a value of type WeakMap", new WeakMap()],
  ["got a value of type Error", new TypeError("lost")],
  ["got a value of type RegExp", /a/],
  ["got a value of type Promise", Promise.resolve(1)],
  ["got a value of type Response", new Response("lost")],
  ["got a value of type Request", new Request("http://localhost")],
  ["got a value of type ReadableStream", new ReadableStream()],
  ["got a value of type Generator", (function* () {})()],
  ["got an invalid date", new Date(Number.NaN)],
  ["got a list with holes or with names", new Array(3)],
  ["got a list with holes or with names", "a1".match(/\d/)],
  ["got an object with symbols for names", { [Symbol("s")]: 1 }],
  ["got an object without fields of its own", new Hidden()],
];

describe("values of an application", () => {
  test("[AP5] buffers, views and blobs are published as bytes, and as those that they held", async () => {
    await using server = await start();
    const shared = new SharedArrayBuffer(3);
    new Uint8Array(shared).set(view);
    for (const value of [
      view,
      Buffer.from(view),
      view.slice().buffer,
      shared,
      new DataView(bytes.buffer, 1),
      new Int8Array(bytes.buffer, 1),
      new Uint8ClampedArray(bytes.buffer, 1),
      new Blob([view]),
      new File([view], "name"),
    ]) {
      await server.inProcess.publish("news", value);
      expect(await server.probe.next()).toEqual(Uint8Array.of(1, 2, 255));
    }
    await server.inProcess.publish("news", new Uint16Array([0x0201]));
    expect(await server.probe.next()).toEqual(Uint8Array.of(1, 2));
    const buffer = Uint8Array.of(1);
    const published = server.inProcess.publish("news", buffer);
    buffer[0] = 2;
    await published;
    expect(await server.probe.next()).toEqual(Uint8Array.of(1));
  });

  test("[AP5] a value that JSON cannot hold is refused with its place, also inside of others, and nothing is published", async () => {
    await using server = await start();
    const { publish, broadcast, send, subscribe } = server.inProcess;
    for (const [words, value] of lossy) {
      await expectRefusal(publish("news", value), "data", words);
      await expectRefusal(publish("news", { a: [0, { "b c": [value] }] }), "data.a.1.b c.0", words);
      await expectRefusal(broadcast(["news"], [value]), "data.0", words);
      await expectRefusal(send({ user: "ann" }, value), "data", words);
      if (value !== undefined) await expectRefusal(subscribe({ user: "ann" }, "news", { info: value }), "info", words);
    }
    for (const inner of [view, new DataView(bytes.buffer), new Blob([view]), bytes.buffer]) {
      await expectRefusal(publish("news", { inner }), "data.inner", "got ");
    }
    const detached = new ArrayBuffer(4);
    detached.transfer();
    await expectRefusal(publish("news", detached), "data", "got a detached buffer");
    const circle: Record<string, unknown> = {};
    circle["again"] = { circle };
    await expectRefusal(publish("news", circle), "data.again.circle", "got a circle");
    await publish("news", "the first");
    expect(await server.probe.next()).toBe("the first");
  });

  test("a value that JSON holds is published as JSON.stringify writes it", async () => {
    await using server = await start();
    class Point {
      x = 1;
      y = [2];
    }
    const twice = { a: 1 };
    for (const value of [
      null,
      true,
      -0,
      1e21,
      '\ud800 \u2028 "',
      [[], {}],
      { undefined: undefined, "": null, toString: 1 },
      new Date(0),
      new URL("http://localhost/"),
      new Point(),
      Object.create(null, { a: { value: 1, enumerable: true } }),
      { toJSON: (key: string) => ({ key }) },
      [{ inner: { toJSON: (key: string) => key } }],
      [twice, twice],
      JSON.parse('{"__proto__":{"a":1}}'),
    ]) {
      await server.inProcess.publish("news", value);
      const text = await server.probe.next();
      const json = JSON.stringify(value);
      const written: unknown = JSON.parse(json);
      // A plain client receives a JSON string as its text, in which half a surrogate pair is no character.
      expect([json, text]).toEqual([json, typeof written === "string" ? written.toWellFormed() : json]);
    }
  });
});

async function expectRefusal(outcome: Promise<unknown>, place: string, words: string): Promise<void> {
  const error: unknown = await outcome.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect([place, words, isOperationError(error) && error.code]).toEqual([place, words, 107]);
  expect(String(error)).toContain(`bad request: ${place}: expected`);
  expect(String(error)).toContain(words);
}
