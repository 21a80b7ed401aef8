import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { noData } from "../../../src/core/payload.ts";
import { jsonEncoding } from "../../../src/protocol/centrifuge/json.ts";
import { testTimeout } from "../../support/patience.ts";
import { decode, read } from "./support.ts";

setDefaultTimeout(testTimeout);

/** The characters of the payload that one line carries. */
function payloadOf(line: string): string {
  const command = read(line);
  if (command?.method !== "publish" || command.data.kind !== "json") {
    throw new Error(`not a publish: ${line}`);
  }
  return command.data.json;
}

/** What a subscriber receives of a payload that was published. */
function delivered(line: string): string {
  const command = read(line);
  if (command?.method !== "publish") {
    throw new Error(`not a publish: ${line}`);
  }
  return String(jsonEncoding.encodePublication(command.channel, { data: command.data, offset: 0, epoch: "" }));
}

const exact = [
  "null",
  "true",
  "0",
  "-0",
  "-1.50",
  "1e400",
  "1E+2",
  "0.10",
  "12345678901234567890",
  '"s"',
  '""',
  "[]",
  "{}",
  '{"b":1,"a":2}',
  '{"a":1,"a":2}',
  '{"__proto__":{"a":1}}',
  '"\\u00e9\\ud83d\\ude00"',
  '"é😀\u2028\u2029"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000\\u001f\\u007f"',
  '"\u0080\u009f\u202e"',
  '"\\/\\b\\f\\n\\r\\t\\"\\\\"',
  '"\\\\"',
  '"a\\\\\\"b"',
  '"}"',
  '{"data":1,"channel":"x","publish":{"data":2}}',
  '{ "a" : [ 1 , 2 ]\t}',
  '{"deep":[[[[1]]]]}',
];

test("[CD30] payloads of every kind are forwarded as the characters that came (T41, T44)", () => {
  for (const data of exact) {
    for (const line of [
      `{"id":1,"publish":{"channel":"c","data":${data}}}`,
      `{"publish":{"data":${data},"channel":"c"},"id":1}`,
      ` { "id" : 1 , "publish" : { "channel" : "c" , "data" : ${data} } } `,
    ]) {
      expect(payloadOf(line)).toBe(data);
      expect(delivered(line)).toBe(`{"push":{"channel":"c","pub":{"data":${data}}}}`);
    }
  }
});

const character = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  fc.constantFrom('"', "\\", "{", "}", "\u0000", "\ud800"),
);
const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
/** A string literal, each character of which is written as itself where it may be, or as an escape. */
const literal = fc.array(fc.tuple(character, fc.boolean())).map((characters) => {
  const written = characters.map(([text, isEscaped]) =>
    isEscaped || JSON.stringify(text) !== `"${text}"` ? text.replace(/[\s\S]/g, escaped) : text,
  );
  return `"${written.join("")}"`;
});

test("[CD30] strings of any characters, however they are written, are forwarded as they came (T44)", () => {
  fc.assert(
    fc.property(literal, fc.boolean(), (data, isBinary) => {
      const line = `{"id":1,"publish":{"channel":"c","data":${data}}}`;
      const { commands } = decode(isBinary ? new TextEncoder().encode(line) : line);
      expect(commands).toEqual([
        { method: "publish", id: 1, channel: "c", data: { kind: "json", json: data }, isMapped: false },
      ]);
    }),
    { numRuns: 5_000 },
  );
});

test("[CD30] the payloads of one frame are not mixed up", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 20 }), (values) => {
      const frame = values
        .map((data, at) => JSON.stringify({ id: at + 1, publish: { data, channel: `c${at}` } }))
        .join("\n");
      expect(decode(frame)).toEqual({
        commands: values.map((data, at) => ({
          method: "publish" as const,
          id: at + 1,
          channel: `c${at}`,
          data: { kind: "json" as const, json: JSON.stringify(data) },
          isMapped: false,
        })),
        malformed: false,
      });
    }),
  );
});

test("[CD31] of equal keys the last wins, and its characters are forwarded (T40)", () => {
  const cases = [
    ['{"id":1,"publish":{"channel":"a","data":1,"data":2}}', "a", "2"],
    ['{"id":1,"publish":{"channel":"a","data":1,"channel":"b"}}', "b", "1"],
    ['{"id":1,"publish":{"channel":"a","data":1},"publish":{"channel":"b","data":-2.50}}', "b", "-2.50"],
    ['{"id":1,"publish":{"channel":"a","data":1,"d\\u0061ta":2}}', "a", "2"],
    ['{"id":1,"publish":{"channel":"a","d\\u0061ta":2,"data":1.0}}', "a", "1.0"],
    ['{"id":1,"publish":{"channel":"a","data":1},"p\\u0075blish":{"channel":"b","data":2}}', "b", "2"],
    ['{"id":1,"publish":{"channel":"a","data":{"data":3}},"x":{"publish":{"data":4}}}', "a", '{"data":3}'],
    ['{"id":1,"publish":5,"publish":{"channel":"a","data":1}}', "a", "1"],
    ['{"id":1,"publish":{"channel":"a","data":1},"x":{"channel":"b","data":2}}', "a", "1"],
  ] as const;
  for (const [line, channel, json] of cases) {
    expect(read(line)).toEqual({ method: "publish", id: 1, channel, data: { kind: "json", json }, isMapped: false });
  }
  expect(read('{"id":1,"publish":{"channel":"a","data":1},"publish":{"channel":"b"}}')).toMatchObject({ data: noData });
  expect(read('{"id":1,"publish":{"channel":"a","data":1},"publish":null}')).toBeNull();
  expect(read('{"id":1,"publish":{"channel":"a","data":1,"channel":""}}')).toBeNull();
});

test("[CD31] what is authorised is what is forwarded, whatever keys are repeated (T40)", () => {
  const key = fc.constantFrom("channel", "data", "d\\u0061ta", "ch\\u0061nnel", "other");
  const member = fc.tuple(key, fc.constantFrom('"a"', '"b"', "1", "[2]", "null"));
  const request = fc.array(member, { maxLength: 6 }).map((all) => `{${all.map(([k, v]) => `"${k}":${v}`).join(",")}}`);
  fc.assert(
    fc.property(request, request, (first, second) => {
      const line = `{"publish":${first},"id":1,"publish":${second}}`;
      const { publish } = JSON.parse(line);
      const command = read(line);
      if (typeof publish.channel === "string") {
        const data = Object.hasOwn(publish, "data") ? { kind: "json", json: JSON.stringify(publish.data) } : noData;
        expect(command).toEqual({ method: "publish", id: 1, channel: publish.channel, data, isMapped: false } as never);
      } else {
        expect(command).toBeNull();
      }
    }),
    { numRuns: 3_000 },
  );
});

test("[CD32] null is data, and no data is none (T42)", () => {
  expect(payloadOf('{"id":1,"publish":{"channel":"c","data":null}}')).toBe("null");
  expect(read('{"id":1,"publish":{"channel":"c"}}')).toMatchObject({ data: noData });
  expect(read('{"id":1,"publish":{"channel":"c","x":{"data":1}}}')).toMatchObject({ data: noData });
});
