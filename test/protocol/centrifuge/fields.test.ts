import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { noData } from "../../../src/core/payload.ts";
import { testTimeout } from "../../support/patience.ts";
import { allMethods, decode, read, requestOf } from "./support.ts";

setDefaultTimeout(testTimeout);

/** Values of every kind, as they are written; the kinds that a field may have are named after those of the protocol. */
const kinds = {
  text: ['"x"', '"5"', '""'],
  flag: ["true", "false"],
  unsigned: ["0", "5"],
  negative: ["-5"],
  wide: ["4294967296"],
  number: ["0.1", "1.0", "1e2", "1E2", "1e400", "-0", "184467440737095600000"],
  huge: ["9007199254740993", "18446744073709551615"],
  object: ["{}", '{"toString":1}', '{"__proto__":{"channel":"x"}}'],
  list: ["[]"],
  listOfNumbers: ["[1]"],
} as const;

type Kind = keyof typeof kinds;

const text: Kind[] = ["text"];
const flag: Kind[] = ["flag"];
const int32: Kind[] = ["unsigned", "negative"];
const int64: Kind[] = ["unsigned", "negative", "wide"];
const uint64: Kind[] = ["unsigned", "wide", "huge"];
const anything = Object.keys(kinds) as Kind[];

/** Every field of the protocol, as the request around its value, with the kinds that it takes. */
const fields: readonly (readonly [request: string, taken: readonly Kind[]])[] = [
  ['{"id":1,"connect":{"token":?}}', text],
  ['{"id":1,"connect":{"data":?}}', anything],
  ['{"id":1,"connect":{"subs":{"a":?}}}', ["object"]],
  ['{"id":1,"connect":{"subs":{"a":{"recover":?}}}}', flag],
  ['{"id":1,"connect":{"subs":{"a":{"offset":?}}}}', uint64],
  ['{"id":1,"connect":{"subs":{"a":{"epoch":?}}}}', text],
  ['{"id":1,"connect":{"name":?}}', text],
  ['{"id":1,"connect":{"version":?}}', text],
  ['{"id":1,"connect":{"headers":{"h":?}}}', text],
  ['{"id":1,"connect":{"flag":?}}', int64],
  ['{"id":1,"connect":{"dict":?}}', text],
  ['{"id":1,"connect":{"profile":?}}', text],
  ['{"id":1,"subscribe":{"channel":"c","token":?}}', text],
  ['{"id":1,"subscribe":{"channel":"c","recover":?}}', flag],
  ['{"id":1,"subscribe":{"channel":"c","epoch":?}}', text],
  ['{"id":1,"subscribe":{"channel":"c","offset":?}}', uint64],
  ['{"id":1,"subscribe":{"channel":"c","data":?}}', anything],
  ['{"id":1,"subscribe":{"channel":"c","positioned":?}}', flag],
  ['{"id":1,"subscribe":{"channel":"c","recoverable":?}}', flag],
  ['{"id":1,"subscribe":{"channel":"c","join_leave":?}}', flag],
  ['{"id":1,"subscribe":{"channel":"c","type":4,"delta":?}}', text],
  ['{"id":1,"subscribe":{"channel":"c","tf":?}}', ["object"]],
  ['{"id":1,"subscribe":{"channel":"c","tf":{"op":?}}}', text],
  ['{"id":1,"subscribe":{"channel":"c","tf":{"key":?}}}', text],
  ['{"id":1,"subscribe":{"channel":"c","tf":{"cmp":?}}}', text],
  ['{"id":1,"subscribe":{"channel":"c","tf":{"val":?}}}', text],
  ['{"id":1,"subscribe":{"channel":"c","tf":{"vals":?}}}', ["list"]],
  ['{"id":1,"subscribe":{"channel":"c","tf":{"vals":[?]}}}', text],
  ['{"id":1,"subscribe":{"channel":"c","tf":{"nodes":[{"nodes":[?]}]}}}', ["object"]],
  ['{"id":1,"subscribe":{"channel":"c","flag":?}}', int64],
  ['{"id":1,"subscribe":{"channel":"c","type":?}}', int32],
  ['{"id":1,"subscribe":{"channel":"c","phase":?}}', int32],
  ['{"id":1,"subscribe":{"channel":"c","cursor":?}}', text],
  ['{"id":1,"subscribe":{"channel":"c","limit":?}}', int32],
  ['{"id":1,"subscribe":{"channel":"c","asc":?}}', flag],
  ['{"id":1,"publish":{"channel":"c","data":?}}', anything],
  ['{"id":1,"publish":{"channel":"c","type":?}}', int32],
  ['{"id":1,"publish":{"channel":"c","key":?}}', text],
  ['{"id":1,"publish":{"channel":"c","removed":?}}', flag],
  ['{"id":1,"history":{"channel":"c","limit":?}}', int32],
  ['{"id":1,"history":{"channel":"c","since":?}}', ["object"]],
  ['{"id":1,"history":{"channel":"c","since":{"offset":?}}}', uint64],
  ['{"id":1,"history":{"channel":"c","since":{"epoch":?}}}', text],
  ['{"id":1,"history":{"channel":"c","reverse":?}}', flag],
  ['{"id":1,"rpc":{"data":?}}', anything],
  ['{"id":1,"rpc":{"method":?}}', text],
  ['{"id":1,"send":{"data":?}}', anything],
  ['{"id":1,"sub_refresh":{"channel":"c","token":?}}', text],
  ['{"id":1,"sub_refresh":{"channel":"c","type":?}}', int32],
  ['{"id":1,"sub_refresh":{"channel":"c","track":?}}', ["list"]],
  ['{"id":1,"sub_refresh":{"channel":"c","track":[{"signature":?}]}}', text],
  ['{"id":1,"sub_refresh":{"channel":"c","track":[{"items":[{"key":?}]}]}}', text],
  ['{"id":1,"sub_refresh":{"channel":"c","track":[{"items":[{"version":?}]}]}}', uint64],
  ['{"id":1,"sub_refresh":{"channel":"c","untrack":?}}', ["list"]],
  ['{"id":1,"sub_refresh":{"channel":"c","untrack":[?]}}', text],
];

for (const [request, taken] of fields) {
  test(`[CD15] ${request} takes ${taken.length === anything.length ? "anything" : taken.join(", ")} and null (T42)`, () => {
    expect(read(request.replace("?", "null"))).not.toBeNull();
    for (const kind of anything) {
      for (const value of kinds[kind]) {
        const outcome = read(request.replace("?", value)) === null ? "malformed" : "read";
        expect([value, outcome]).toEqual([value, taken.includes(kind) ? "read" : "malformed"]);
      }
    }
  });
}

test("[CD15] every channel, token and request of a method has its type (T42)", () => {
  const wrong = [...kinds.flag, ...kinds.unsigned, ...kinds.number, ...kinds.list, ...kinds.listOfNumbers];
  for (const value of [...wrong, ...kinds.object]) {
    for (const method of allMethods) {
      if ("channel" in requestOf(method)) {
        expect(read(`{"id":1,"${method}":{"channel":${value}}}`)).toBeNull();
      }
    }
    expect(read(`{"id":1,"refresh":{"token":${value}}}`)).toBeNull();
  }
  for (const value of [...wrong, ...kinds.text]) {
    for (const method of [...allMethods, "ping"]) {
      expect(read(`{"id":1,"${method}":${value}}`)).toBeNull();
    }
    expect(read(`{"id":1,"connect":{"subs":${value}}}`)).toBeNull();
    expect(read(`{"id":1,"connect":{"headers":${value}}}`)).toBeNull();
  }
});

test("[CD15] a field of a wrong type is malformed also in a method that is not run", () => {
  expect(read('{"id":1,"presence":{"channel":"c"},"history":{"channel":"c","limit":1}}')).not.toBeNull();
  expect(read('{"id":1,"presence":{"channel":"c"},"history":{"channel":"c","limit":"1"}}')).toBeNull();
  expect(read('{"id":1,"presence":{"channel":"c"},"history":5}')).toBeNull();
  expect(read('{"id":1,"presence":{"channel":"c"},"ping":5}')).toBeNull();
});

test("[CD15] fields that we do not know are ignored, whatever they hold", () => {
  for (const value of Object.values(kinds).flat()) {
    expect(read(`{"new":${value},"id":1,"presence":{"new":${value},"channel":"c"}}`)).toEqual({
      method: "presence",
      id: 1,
      channel: "c",
    });
  }
});

test("what looks like a fraction in a text is none", () => {
  expect(read('{"id":1,"subscribe":{"channel":"a: 1.5","token":":1e2"}}')).toMatchObject({ channel: "a: 1.5" });
  expect(read('{"id":1,"publish":{"channel":":1.5","data":{"x":1.5,"y":[1e2]},"key":": 2.5"}}')).toMatchObject({
    data: { json: '{"x":1.5,"y":[1e2]}' },
  });
});

test("a fraction outside of the payload is found on either side of it (T41)", () => {
  expect(read('{"id":1.0,"publish":{"channel":"c","data":1}}')).toBeNull();
  expect(read('{"publish":{"channel":"c","data":1},"id":1.0}')).toBeNull();
  expect(read('{"publish":{"channel":"c","data":1,"type" : 0e0},"id":1}')).toBeNull();
  expect(read('{"publish":{"type":1.0,"type":1,"channel":"c","data":1.0},"id":1}')).toMatchObject({ isMapped: true });
});

test("[CD20] channels of a connect are ordinary keys, also those that objects have themselves (T39)", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "a"];
  const subs = names.map((name) => `${JSON.stringify(name)}:{"recover":true}`).join(",");
  const command = read(`{"id":1,"connect":{"subs":{${subs}}}}`);
  expect(command?.method === "connect" && [...command.subs.keys()]).toEqual(names);
});

test("[CD20] no key reaches a prototype, in any command (T39)", () => {
  const evil = '"__proto__":{"x":1,"channel":"evil","data":1},"constructor":{"prototype":{"x":1}},"toString":1';
  for (const method of allMethods) {
    const own = JSON.stringify(requestOf(method)).slice(1, -1);
    const request = own === "" ? evil : `${own},${evil}`;
    const command = read(`{"id":1,${evil},"${method}":{${request}}}`);
    expect(command).toMatchObject({ method, id: 1 });
    expect(command).not.toMatchObject({ channel: "evil" });
    expect(read(`{"id":1,"${method}":{${evil}}}`) ?? {}).not.toMatchObject({ channel: "evil" });
  }
  expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  expect(({} as { x?: unknown }).x).toBeUndefined();
});

const json = fc.jsonValue({ maxDepth: 4 });
const method = fc.constantFrom(...allMethods, "ping", "id", "__proto__");
const commandText = fc
  .dictionary(
    method,
    fc.oneof(json, fc.record({ channel: fc.oneof(fc.string(), json), data: json, since: json, subs: json, tf: json })),
  )
  .map((command) => JSON.stringify(command));

/** What every command that comes out has to be, whatever went in. */
function expectSound(frame: string | Uint8Array): void {
  for (const command of decode(frame).commands) {
    if (command.method === "pong") {
      continue;
    }
    expect(Number.isInteger(command.id) && command.id >= 0 && command.id <= 0xffff_ffff).toBe(true);
    expect(command.id > 0 || command.method === "send").toBe(true);
    if ("channel" in command) {
      expect(typeof command.channel === "string" && command.channel !== "").toBe(true);
    }
    if (command.method === "publish" && command.data !== noData) {
      expect(command.data.kind === "json" && JSON.parse(command.data.json) !== undefined).toBe(true);
    }
  }
}

test("[CD7] anything in place of a command is read or malformed, and nothing throws (T42)", () => {
  fc.assert(fc.property(commandText, expectSound), { numRuns: 3_000 });
  fc.assert(
    fc.property(fc.constantFrom(...allMethods), fc.anything({ withDate: true, withMap: true }), (name, value) => {
      expectSound(JSON.stringify({ id: 1, [name]: value }) ?? "");
    }),
    { numRuns: 2_000 },
  );
});

test("[CD7] texts and bytes of any kind, and broken commands, are read or malformed, and nothing throws (T65)", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 100 }), expectSound), { numRuns: 1_000 });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), expectSound), { numRuns: 1_000 });
  const place = fc.nat(1_000);
  const broken = fc.tuple(commandText, place, place, fc.constantFrom("", '"', "\\", "{", "]", ",", "\0", "1", "\n"));
  fc.assert(
    fc.property(broken, ([line, from, length, replacement]) => {
      const start = from % (line.length + 1);
      expectSound(line.slice(0, start) + replacement + line.slice(start + (length % 3)));
    }),
    { numRuns: 3_000 },
  );
});
