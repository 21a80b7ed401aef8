import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import * as v from "valibot";
import { methods } from "../../src/api/methods.ts";
import { describeApi } from "../../src/api/openapi.ts";
import { failure } from "../../src/api/shapes.ts";
import { type Api, apiKey, startApi } from "../support/api.ts";
import { testTimeout } from "../support/patience.ts";
import {
  at,
  document,
  fieldsOf,
  mistakesFor,
  operationOf,
  plain,
  requestSchemas,
  type Schema,
  valuesOf,
} from "./document.ts";

setDefaultTimeout(testTimeout);

const fields = requestSchemas.flatMap(([method, schema]) => fieldsOf(method, schema));

/** Words that a request gets whose types are wrong, and no other. */
const typeMistake = /expected (?:a (?:string|number|whole|boolean|list)|an object|\d)/;

/** Whether a body was taken for one of its method, whatever came of it then. */
function wasRead({ status, text }: { readonly status: number; readonly text: string }): boolean {
  return status === 200 && !typeMistake.test(text);
}

const own = new Set(methods.filter(({ isOwn }) => isOwn).map(({ name }) => name));
const results = new Map(methods.map(({ name, result }) => [name, result]));

/** How a mistake at this place is told: in a method of our own as its error 107, also in a batch. */
function refusalOf(method: string, path: readonly (string | number)[]): { status: number; words: string } {
  // In a batch: commands, the number of the command, its method, and the rest is the place in its request.
  const [name, place] = method === "batch" ? [String(path[2]), path.slice(3)] : [method, path];
  if (own.has(name)) return { status: 200, words: `"code":107,"message":"bad request: ${placeWords(place)}` };
  return { status: 400, words: `Bad Request\n${placeWords(path)}` };
}

function placeWords(path: readonly (string | number)[]): string {
  return path.length === 0 ? "expected" : `${path.join(".")}: expected`;
}

describe("the OpenAPI document", () => {
  test("[AP40] is served where the API is, with the paths and keys that are configured", async () => {
    await using api = await startApi({ http_api: { handler_prefix: "/v1/api", query_key: false } });
    const response = await fetch(`${api.url}/v1/api/openapi.json`);
    expect(response.headers.get("content-type")).toBe("application/json");
    const served = JSON.parse(await response.text());
    expect(served).toEqual(describeApi({ handler_prefix: "/v1/api", query_key: false, insecure: false }));
    expect(served.openapi).toBe("3.1.0");
    expect(Object.keys(served.paths)).toHaveLength(17);
    expect(served.security).toEqual([{ key: [] }, { authorization: [] }]);
    expect(document.security).toEqual([{ key: [] }, { authorization: [] }, { query: [] }]);
  });

  test("every field has its sentence, and is read as the document says, alone and in a batch", async () => {
    await using api = await startApi();
    expect(fields.length).toBeGreaterThan(150);
    for (const [method, schema] of requestSchemas) {
      for (const [name, { description }] of Object.entries(plain(schema).properties ?? {})) {
        expect([method, name, description]).toEqual([method, name, expect.stringMatching(/\.$/)]);
      }
    }
    for (const { method, path, schema } of fields) {
      const [value] = fc.sample(valuesOf(schema), { numRuns: 1, seed: 1 });
      // A field alone may lack what the method needs, which is 107; it is read all the same.
      const answer = await api.call(method, at(path, value));
      expect([method, path, value, answer.text, wasRead(answer)]).toEqual([method, path, value, answer.text, true]);
    }
  });

  test("[AP42] a field of any other type, or beyond its bounds, is refused, and its place told", async () => {
    await using api = await startApi();
    for (const { method, path, schema } of fields) {
      for (const mistake of mistakesFor(schema)) {
        const { status, text } = await api.call(method, at(path, mistake));
        const expected = refusalOf(method, path);
        expect([method, path, mistake, status]).toEqual([method, path, mistake, expected.status]);
        expect(text).toContain(expected.words);
      }
    }
  });

  test("without what a method needs it answers 107, and the document says what that is", async () => {
    await using api = await startApi();
    const code = async (method: string, body: object) => (await api.call(method, body)).json.error?.code ?? 0;
    for (const [method, request] of requestSchemas) {
      const { required = [] } = plain(request);
      const whole = { ...dataOf(request), ...Object.fromEntries(required.map((name) => [name, filled(name)])) };
      expect([method, await code(method, whole)]).toEqual([method, withAllNeeded[method] ?? 0]);
      for (const name of required) {
        const { type, minLength, minItems } = plain(request).properties?.[name] ?? {};
        expect([method, type, type === "array" ? minItems : minLength]).toEqual([method, type, 1]);
        for (const value of [undefined, null, empty(name)]) {
          expect([method, value, await code(method, { ...whole, [name]: value })]).toEqual([method, value, 107]);
        }
      }
    }
  });

  test("whole requests as the document allows them are read, and answered as it says", async () => {
    await using api = await startApi();
    for (const [method, schema] of requestSchemas) {
      await fc.assert(
        fc.asyncProperty(valuesOf(plain(schema)), async (request) => {
          const answer = await api.call(method, request);
          expect([method, answer.text, wasRead(answer)]).toEqual([method, answer.text, true]);
          if (method !== "batch") expectAsDescribed(method, answer.json);
        }),
        { numRuns: 30 },
      );
    }
  });

  test("[AP44] what every method answers to a request with everything in it is as the document says", async () => {
    await using api = await startApi({ push_log: { payloads: true } });
    const ann = await api.centrifuge("ann");
    await api.call("subscribe", { user: "ann", channel: "news", info: { a: 1 } });
    for (const [method, request] of thorough) {
      const { json } = await api.call(method, request);
      expect([method, json.error]).toEqual([method, undefined]);
      expectAsDescribed(method, json);
    }
    const told = new Set(thorough.map(([method]) => method));
    expect([...results.keys()].filter((method) => !told.has(method))).toEqual(["rpc"]);
    ann[Symbol.dispose]();
  });

  test("every status that is answered is in the document, with the type of its body", async () => {
    const keys = [{ name: "reader", key: "reader", methods: ["history"] }];
    await using api = await startApi({ http_api: { body_size_limit: 1_000, rate_limit: 9, keys } });
    const transport = { ...apiKey, "X-Centrifugo-Error-Mode": "transport" };
    const publish = { channel: "news", data: 1 };
    for (const [method, status, body, headers] of [
      ["publish", 200, publish, apiKey],
      ["publish", 400, "{", apiKey],
      ["publish", 400, {}, transport],
      ["publish", 401, publish, {}],
      ["publish", 403, publish, { ...transport, "X-API-Key": "reader" }],
      ["publish", 404, { channel: "no:x", data: 1 }, transport],
      ["publish", 413, "x".repeat(1_001), apiKey],
      ["publish", 415, publish, { ...apiKey, "Content-Encoding": "gzip" }],
      ["history", 416, { channel: "news", since: { offset: 1, epoch: "?" } }, transport],
      ["history", 500, { channel: "news", reverse: true, since: { offset: 0 } }, transport],
    ] as const) {
      expectDescribed(method, status, await api.call(method, body, headers));
    }
    const many = await Promise.all(Array.from({ length: 20 }, () => api.call("info", {})));
    const refused = many.find(({ status }) => status === 429);
    expect(refused?.headers.get("retry-after")).toBe("1");
    if (refused) expectDescribed("info", 429, refused);
  });
});

function dataOf(request: Schema): object {
  return plain(request).properties?.["data"] ? { data: 1 } : {};
}

/** A message needs one of two fields, and there is no method to be called by rpc. */
const withAllNeeded: Readonly<Record<string, number>> = { send: 107, rpc: 104 };

/** What a needed field may hold, and what is as if it were not there. */
const filled = (name: string) => (name === "channels" ? ["x"] : "x");
const empty = (name: string) => (name === "channels" ? [] : "");

function expectAsDescribed(method: string, json: unknown): void {
  const result = results.get(method) ?? v.never();
  const parsed = v.safeParse(v.union([v.strictObject({ result }), failure]), json);
  expect([method, json, parsed.issues?.map(({ message }) => message)]).toEqual([method, json, undefined]);
}

type Answer = Awaited<ReturnType<Api["call"]>>;

function expectDescribed(method: string, status: number, answer: Answer): void {
  expect([method, answer.status, answer.text]).toEqual([method, status, answer.text]);
  const described = operationOf(method).responses[status];
  const [type = ""] = (answer.headers.get("content-type") ?? "").split(";");
  expect([method, status, Object.keys(described?.content ?? { "": {} })]).toEqual([
    method,
    status,
    expect.arrayContaining([type]),
  ]);
}

/** Requests whose answers hold all that an answer can. */
const thorough: readonly (readonly [string, object])[] = [
  ["publish", { channel: "news", data: 1, tags: { a: "b" }, idempotency_key: "k" }],
  ["publish", { channel: "news", b64data: "AP8=", version: 5, version_epoch: "e" }],
  ["broadcast", { channels: ["news", "no:x"], data: { a: 1 } }],
  ["send", { user: "ann", data: 1 }],
  ["send", { user: "bob", data: 1, queue_ttl_s: 60, idempotency_key: "k" }],
  ["presence", { channel: "news" }],
  ["presence_stats", { channel: "news" }],
  ["history", { channel: "news", limit: -1 }],
  ["channels", { pattern: "n*" }],
  ["info", {}],
  ["push_log", { limit: 2 }],
  ["push_log", {}],
  ["subscribe", { user: "ann", channel: "more", data: {}, override: { presence: { value: true } } }],
  ["unsubscribe", { user: "ann", channel: "more" }],
  ["refresh", { user: "ann", expire_at: 4_000_000_000 }],
  ["history_remove", { channel: "news" }],
  ["disconnect", { user: "ann", disconnect: { code: 4000, reason: "bye" } }],
];
