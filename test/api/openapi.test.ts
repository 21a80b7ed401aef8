import { describe, expect, test } from "bun:test";
import { describeApi } from "../../src/api/openapi.ts";
import type { ConfigInput } from "../../src/config/config.ts";
import { startServer } from "../../src/server.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { freshPushPath } from "../support/push-path.ts";

/** As much of JSON Schema as the document uses. */
interface Schema {
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly minimum?: number;
}

interface Field {
  readonly method: string;
  readonly path: readonly string[];
  readonly schema: Schema;
}

const document = describeApi("/api") as {
  paths: Record<string, { post: { requestBody: { content: Record<string, { schema: Schema }> } } }>;
};

/** Every field of every method, with those inside of objects. */
const fields = Object.entries(document.paths).flatMap(([path, { post }]) => {
  const method = path.slice("/api/".length);
  return fieldsOf(method, [], post.requestBody.content["application/json"]?.schema ?? {});
});

function fieldsOf(method: string, path: readonly string[], schema: Schema): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const own = inner.anyOf?.find(({ type }) => type !== "null") ?? inner;
    return [{ method, path: [...path, name], schema: own }, ...fieldsOf(method, [...path, name], own)];
  });
}

function valid({ type, minimum = 0, items, additionalProperties, properties }: Schema): unknown {
  switch (type) {
    case "string":
      return "a";
    case "integer":
      return Math.max(1, minimum);
    case "boolean":
      return true;
    case "array":
      return [valid(items ?? {})];
    case "object":
      return additionalProperties
        ? { a: valid(additionalProperties) }
        : Object.fromEntries(
            Object.entries(properties ?? {}).map(([name, inner]) => [
              name,
              valid(inner.anyOf?.find((each) => each.type !== "null") ?? inner),
            ]),
          );
    default:
      return { any: "JSON" };
  }
}

function invalid({ type }: Schema): unknown {
  if (type === undefined) return undefined;
  return type === "string" || type === "boolean" ? 5 : "no such thing";
}

/** `{ a: { b: value } }` for the path a, b. */
function within(path: readonly string[], value: unknown): unknown {
  return path.reduceRight((inner, name) => ({ [name]: inner }), value);
}

const config: ConfigInput = {
  http_server: { port: 0 },
  http_api: { key: "sesame" },
  engine: { type: "memory" },
  client: { token: { hmac_secret_key: "s" } },
};

async function start() {
  const server = await startServer({ ...config, push_log: { path: freshPushPath() } }, { log: new CapturedLog().log });
  const call = async (method: string, body: unknown) => {
    const headers = { "X-API-Key": "sesame" };
    const response = await fetch(`${server.url}/api/${method}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, code: text.startsWith("{") ? (JSON.parse(text).error?.code ?? 0) : 0, text };
  };
  return { ...server, call, [Symbol.asyncDispose]: async () => void (await server.stop()) };
}

describe("the OpenAPI document", () => {
  test("[AP40] is served where the API is, and is that of the schemas", async () => {
    await using server = await start();
    const response = await fetch(`${server.url}/api/openapi.json`);
    const served = JSON.parse(await response.text());
    expect(served).toEqual(describeApi("/api"));
    expect(served.openapi).toBe("3.1.0");
    expect(fields.length).toBeGreaterThan(50);
  });

  test("[AP41] a request with any field as it says is read, and one with the field of another type is not", async () => {
    await using server = await start();
    for (const { method, path, schema } of fields) {
      const good = await server.call(method, within(path, valid(schema)));
      // A field alone may lack what the method needs, which is 107; it is read all the same.
      expect([method, path, good.status]).toEqual([method, path, 200]);
      const wrong = invalid(schema);
      if (wrong === undefined) continue;
      const bad = await server.call(method, within(path, wrong));
      const isOwn = method === "send" || method === "push_log";
      expect([method, path, isOwn ? bad.code : bad.status]).toEqual([method, path, isOwn ? 107 : 400]);
      expect(bad.text).toContain(path.join("."));
    }
  });
});
