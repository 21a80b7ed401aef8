import { expect, test } from "bun:test";
import fc from "fast-check";
import { fitsFormat, fromPlain } from "../../src/channels/formats.ts";
import type { PublicationDataFormat } from "../../src/channels/options.ts";
import { createChannelRules } from "../../src/channels/rules.ts";
import { noData, type Payload } from "../../src/core/payload.ts";
import { channelConfig, flags } from "./config.ts";

const json = (text: string): Payload => ({ kind: "json", json: text });
const text = (value: string): Payload => ({ kind: "text", text: value });
const bytes: Payload = { kind: "binary", bytes: Uint8Array.of(1) };

const payloads: readonly (readonly [name: string, payload: Payload, taken: readonly PublicationDataFormat[]])[] = [
  ["an object", json('{"a":1}'), ["", "json", "json_object", "binary"]],
  ["an object after a space", json(' \n{"a":1} '), ["", "json", "json_object", "binary"]],
  ["a list", json("[1]"), ["", "json", "binary"]],
  ["a string", json('"{}"'), ["", "json", "binary"]],
  ["null", json("null"), ["", "json", "binary"]],
  ["nothing", noData, ["binary"]],
  ["plain text", text("{}"), ["", "json", "binary"]],
  ["empty plain text", text(""), ["", "json", "binary"]],
  ["bytes", bytes, ["", "binary"]],
];

for (const [name, payload, taken] of payloads) {
  test(`[CH60] ${name} fits ${taken.map((format) => format || "the default").join(", ")} and no other format`, () => {
    for (const format of ["", "json", "json_object", "binary"] as const) {
      expect([format, fitsFormat(format, payload)]).toEqual([format, taken.includes(format)]);
      const rules = createChannelRules(channelConfig({ publication_data_format: format }), flags({ insecure: true }));
      const refusal = rules.mayPublish("a", { user: "", subscribed: false, data: payload });
      expect(refusal?.code ?? 0).toBe(taken.includes(format) ? 0 : 107);
    }
  });
}

test("the namespace's format goes before that of all channels", () => {
  const config = channelConfig({}, [{ name: "any", publication_data_format: "binary" }], {
    publication_data_format: "json_object",
  });
  const rules = createChannelRules(config, flags());
  expect(rules.resolve("a")?.namespace.dataFormat).toBe("json_object");
  expect(rules.resolve("any:a")?.namespace.dataFormat).toBe("binary");
});

const namespaceOf = (plainText: "string" | "json") => {
  const channel = createChannelRules(channelConfig({ plain_text: plainText }), flags()).resolve("a");
  if (channel === null) {
    throw new Error("unknown channel");
  }
  return channel.namespace;
};

test("[CH62] plain text stays text unless the namespace takes it for JSON, and it is", () => {
  const asString = namespaceOf("string");
  const asJson = namespaceOf("json");
  for (const value of ['{"a":1}', "1.0", '"x"', " [1]\n", "12345678901234567890"]) {
    expect(fromPlain(text(value), asString)).toEqual(text(value));
    expect(fromPlain(text(value), asJson)).toEqual(json(value));
  }
  for (const value of ["", "hello", "{", "01", "NaN", "{}{}", "\ufeff1"]) {
    expect(fromPlain(text(value), asJson)).toEqual(text(value));
  }
  expect(fromPlain(bytes, asJson)).toBe(bytes);
  expect(fromPlain(json("1"), asJson)).toEqual(json("1"));
});

test("[CH62] text that is nested too deep is text (T38)", () => {
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  expect(fromPlain(text(nested(1_000)), namespaceOf("json")).kind).toBe("json");
  expect(fromPlain(text(nested(1_001)), namespaceOf("json")).kind).toBe("text");
  expect(fromPlain(text("[".repeat(60_000)), namespaceOf("json")).kind).toBe("text");
});

test("[CH62] no text makes it throw (T65)", () => {
  const namespace = namespaceOf("json");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (value) => {
      const { kind } = fromPlain(text(value), namespace);
      expect(kind === "json" || kind === "text").toBe(true);
    }),
  );
});
