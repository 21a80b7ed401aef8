import { describe, expect, test } from "bun:test";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { check } from "../../src/contract/check.ts";
import { channel, contract, rpc } from "../../src/contract/contract.ts";
import { compilePattern } from "../../src/contract/pattern.ts";

describe("a channel pattern", () => {
  test("[CT1] makes names from parameters and reads them back", () => {
    const pattern = compilePattern("metrics:{region}:{host}");
    expect(pattern.name({ region: "eu", host: "a.b" })).toBe("metrics:eu:a.b");
    expect(pattern.match("metrics:eu:a.b")).toEqual({ region: "eu", host: "a.b" });
    for (const other of ["metrics:eu", "metrics:eu:a:b", "metricsX:eu:a", "xmetrics:eu:a", ""]) {
      expect(pattern.match(other)).toBeNull();
    }
    expect(compilePattern("a.b").match("axb")).toBeNull();
  });

  test("[CT1] a parameter cannot reach over into another part of the name", () => {
    const pattern = compilePattern("chat:{room}");
    expect(() => pattern.name({ room: "a:cursors" })).toThrow("the parameter room contains a colon");
    expect(() => pattern.name({})).toThrow("the parameter room is missing");
    expect(() => pattern.name({ room: 1 as never })).toThrow("the parameter room is missing");
    expect(() => compilePattern("chat:{toString}").name({})).toThrow("missing");
  });

  test.each([
    "",
    "{room}",
    "chat{room}",
    "chat:{a}{b}",
    "chat:x{a}",
    "chat:{a}:{a}",
    "chat:{a",
    "chat:{}",
    "a b:{x}",
    "{a}:b",
  ])("[CT2] %j is refused", (pattern) => expect(() => compilePattern(pattern)).toThrow(TypeError));
});

describe("a contract", () => {
  const data = v.string();

  test("[CT2] two channels whose patterns match the same names are refused", () => {
    const both = { a: channel("chat:{a}", { data }), b: channel("chat:{b}", { data }) };
    expect(() => contract({ channels: both })).toThrow('"chat:{a}" and "chat:{b}" match the same names');
  });

  test.each([399, 2000, 1000.5])("[CT2] %d is refused as the number of an own error", (number) => {
    const schemas = { input: data, output: data, errors: { mine: number } };
    expect(() => contract({ calls: { a: rpc(schemas) } })).toThrow("a number from 400 to 1999");
  });

  test("[CT2] an own error has a number and a name of its own", () => {
    const twice = { input: data, output: data, errors: { one: 1000, two: 1000 } };
    expect(() => contract({ calls: { a: rpc(twice) } })).toThrow("two errors have the number 1000");
    const taken = { data, errors: { forbidden: 1000 } };
    expect(() => contract({ channels: { a: channel("a", taken) } })).toThrow("the name of a reason");
  });

  test.each([
    ["valibot", v.object({ items: v.array(v.object({ id: v.string() })) })],
    ["zod", z.object({ items: z.array(z.object({ id: z.string() })) })],
    ["arktype", type({ items: type({ id: "string" }).array() })],
  ])("[CT3] with %s the place of a mistake is told, and not the value", async (_, schema) => {
    const checked = await check(schema, { items: [{ id: "a" }, { id: 5 }] });
    expect(checked).toEqual({ ok: false, path: "items[1].id" });
    expect(await check(schema, { items: [] })).toEqual({ ok: true, value: { items: [] } });
  });
});
