import { expect, setDefaultTimeout, spyOn, test } from "bun:test";
import fc from "fast-check";
import { createCentrifugeJson } from "../../../src/protocol/centrifuge/json.ts";
import { testTimeout } from "../../support/patience.ts";
import { unlimited } from "../../support/protocols.ts";
import { bareConnect, decode, noWish } from "./support.ts";

setDefaultTimeout(testTimeout);

const bytes = (text: string) => new TextEncoder().encode(text);
const ids = (frame: string) => decode(frame).commands.map((command) => ("id" in command ? command.id : "pong"));

test("[CD1] the optimistic first frame of an SDK is a connect and its subscribes, in order", () => {
  expect(decode('{"connect":{"name":"js"},"id":1}\n{"subscribe":{"channel":"a","flag":1},"id":2}')).toEqual({
    commands: [
      { method: "connect", id: 1, ...bareConnect, name: "js" },
      { method: "subscribe", id: 2, channel: "a", token: null, data: null, type: 0, ...noWish, flag: 1 },
    ],
    malformed: false,
  });
});

test("[CD1] a line break or a carriage return after the last command is not another line", () => {
  for (const end of ["", "\n", "\r\n", "\r"]) {
    const frame = `{"id":1,"rpc":{}}\r\n{"id":2,"rpc":{}}${end}`;
    expect(decode(frame)).toMatchObject({ malformed: false });
    expect(ids(frame)).toEqual([1, 2]);
  }
});

test("[CD1] a frame is read as its commands one by one", () => {
  const command = fc.record({ id: fc.integer({ min: 1, max: 0xffff_ffff }), rpc: fc.constant({}) });
  fc.assert(
    fc.property(fc.array(command, { minLength: 1, maxLength: 40 }), fc.boolean(), (commands, hasEnd) => {
      const frame = commands.map((one) => JSON.stringify(one)).join("\n") + (hasEnd ? "\n" : "");
      expect(decode(frame).malformed).toBe(false);
      expect(ids(frame)).toEqual(commands.map(({ id }) => id));
    }),
  );
});

test("[CD2] an empty frame, a line break alone and a blank line are malformed after the commands before them", () => {
  for (const frame of ["", "\n", "\r\n", " ", "\n\n"]) {
    expect(decode(frame)).toEqual({ commands: [], malformed: true });
  }
  for (const blank of ["", " ", "\r", "\t"]) {
    const frame = `{"id":1,"connect":{}}\n${blank}\n{"id":2,"subscribe":{"channel":"bl"}}`;
    expect(ids(frame)).toEqual([1]);
    expect(decode(frame).malformed).toBe(true);
  }
  expect(decode('{"id":1,"rpc":{}}\n\n')).toMatchObject({ commands: [{ id: 1 }], malformed: true });
});

test("a line that is not one JSON object ends the reading there", () => {
  const noObjects = ["{zzz", "[1]", "[]", "null", "1", '"x"', "true", "\0", "{}\0", "\ufeff{}", '{"id":1,"rpc":{}'];
  for (const line of [...noObjects, '{"id":1,"rpc":{}}{"id":2,"rpc":{}}', "{'id':1}", '{"a":"\t"}', '{"a":01}']) {
    const frame = `{"id":7,"rpc":{}}\n${line}\n{"id":8,"rpc":{}}`;
    expect(ids(frame)).toEqual([7]);
    expect(decode(frame).malformed).toBe(true);
  }
});

test("a binary frame that holds JSON is read like a text frame (T33)", () => {
  const frame = '{"id":1,"rpc":{}}\n{"id":2,"publish":{"channel":"é😀","data":"é😀"}}\n';
  expect(decode(bytes(frame))).toEqual(decode(frame));
  expect(decode(Buffer.from(frame))).toEqual(decode(frame));
});

test("a binary frame that is no UTF-8, or no JSON, is malformed (T33)", () => {
  const invalid = [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xef, 0xbb, 0xbf, 0x7b, 0x7d], [0], []];
  for (const frame of invalid) {
    expect(decode(Uint8Array.from(frame))).toEqual({ commands: [], malformed: true });
  }
  // Replaced by another character, what came would not be what goes out.
  const inText = Buffer.from('{"id":1,"publish":{"channel":"c","data":"?"}}');
  inText[inText.indexOf("?")] = 0xff;
  expect(decode(inText)).toEqual({ commands: [], malformed: true });
});

test("the commands up to the limit are returned, and one more is malformed (T36)", () => {
  const line = '{"id":1,"rpc":{}}';
  const frame = (count: number) => Array.from({ length: count }, () => line).join("\n");
  expect(decode(frame(256))).toMatchObject({ malformed: false });
  expect(decode(`${frame(256)}\n`)).toMatchObject({ malformed: false });
  const over = decode(frame(257));
  expect([over.commands.length, over.malformed]).toEqual([256, true]);
  const two = createCentrifugeJson({ commandsPerFrameMax: 2 }, unlimited).decode(frame(20_000), "");
  expect([two.commands.length, two.malformed]).toEqual([2, true]);
});

test("what comes after the limit is not read (T36)", () => {
  const parse = spyOn(JSON, "parse");
  createCentrifugeJson({ commandsPerFrameMax: 2 }, unlimited).decode("{}\n".repeat(20_000), "");
  const calls = parse.mock.calls.length;
  parse.mockRestore();
  expect(calls).toBe(2);
});

const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const publishOf = (data: string) => `{"id":1,"publish":{"channel":"c","data":${data}}}`;

test("a thousand levels are taken, one more is malformed (T38)", () => {
  // The command and its request are two levels themselves.
  expect(decode(publishOf(nested(998)))).toMatchObject({ malformed: false });
  expect(decode(publishOf(nested(999)))).toEqual({ commands: [], malformed: true });
  const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
  expect(decode(publishOf(objects(998)))).toMatchObject({ malformed: false });
  expect(decode(publishOf(objects(999)))).toEqual({ commands: [], malformed: true });
});

test("what is nested too deep is never parsed (T38)", () => {
  const parse = spyOn(JSON, "parse");
  for (const levels of [1_001, 16_000, 20_000, 32_000]) {
    decode(nested(levels));
    decode("[".repeat(levels));
    decode(`{"id":1,"publish":{"channel":"c","data":${'{"a":['.repeat(levels / 2)}`);
  }
  const calls = parse.mock.calls.length;
  parse.mockRestore();
  expect(calls).toBe(0);
});

test("brackets in strings are no levels (T38)", () => {
  for (const data of [`"${"[".repeat(5_000)}"`, `"\\"${"{".repeat(5_000)}"`, `["\\\\",${"[],".repeat(2_000)}1]`]) {
    expect(decode(publishOf(data))).toMatchObject({ commands: [{ data: { json: data } }], malformed: false });
  }
});

test("a fraction in a field that the protocol does not know costs one parse, without a look at every value", () => {
  const parse = spyOn(JSON, "parse");
  const unknown = `{"id":1,"unknown":[1.5,${"{},".repeat(20_000)}0],"publish":{"channel":"c","data":1,"x":{"y":2e3}}}`;
  const { commands, malformed } = decode(unknown);
  const calls = parse.mock.calls.map((given) => given.length);
  parse.mockRestore();
  expect([commands.length, malformed, calls]).toEqual([1, false, [1]]);
});

test("an integer of the protocol written as a fraction is malformed, wherever it stands; the last of equal names counts", () => {
  const at = (value: string) => [
    `{"id":${value},"rpc":{}}`,
    `{"id":1,"connect":{"subs":{"a":null,"b":{"offset":${value}}}}}`,
    `{"id":1,"history":{"channel":"c","since":{"offset":${value}}}}`,
    `{"id":1,"sub_refresh":{"channel":"c","track":[null,{"items":[{"version":${value}}]}]}}`,
    `{"id":1,"connect":{},"subscribe":{"limit":${value}}}`,
    `{"id":1,"publish":{"channel":"c","data":1.5,"t\\u0079pe":0,"type":${value}}}`,
    `{"id":1,"publish":{"channel":"c","data":1,"type":1.0,"type":${value}}}`,
  ];
  for (const line of at("1")) expect([line, decode(line).malformed]).toEqual([line, false]);
  for (const line of [...at("1.0"), ...at("1e0"), ...at("1E0")]) {
    expect([line, decode(line).malformed]).toEqual([line, true]);
  }
});
