import fc from "fast-check";
import { describeApi } from "../../src/api/openapi.ts";

/** As much of JSON Schema as the document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | false;
  readonly required?: readonly string[];
  readonly minLength?: number;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly description?: string;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Operation {
  readonly requestBody: Content;
  readonly responses: Readonly<Record<string, Content & { readonly headers?: object }>>;
}

/** The document as it is where nothing is configured. */
export const document = describeApi({ handler_prefix: "/api", query_key: true, insecure: false }) as {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, { readonly post: Operation }>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly security: readonly object[];
};

/** The operation of a method; that of lines has no name. */
export function operationOf(method: string): Operation {
  const path = method === "" ? "/api" : `/api/${method}`;
  const found = document.paths[path];
  if (!found) throw new Error(`The document has no ${path}.`);
  return found.post;
}

/** The methods with their requests, without the lines, which are no JSON. */
export const requestSchemas: readonly (readonly [method: string, request: Schema])[] = Object.keys(document.paths)
  .filter((path) => path !== "/api")
  .map((path) => path.slice("/api/".length))
  .map((method) => [method, operationOf(method).requestBody.content?.["application/json"]?.schema ?? {}]);

/** What a schema stands for: behind its reference, and without null. */
export function plain(schema: Schema): Schema {
  if (schema.$ref) return plain(document.components.schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {});
  const other = schema.anyOf?.find(({ type }) => type !== "null");
  if (other) return plain(other);
  const type = Array.isArray(schema.type) ? schema.type.find((name) => name !== "null") : schema.type;
  return type === undefined ? schema : { ...schema, type };
}

/** A field of a request, or what is in one: a number in the path is an item of a list. */
export interface Field {
  readonly method: string;
  readonly path: readonly (string | number)[];
  readonly schema: Schema;
}

/** All that a request may hold. */
export function fieldsOf(method: string, schema: Schema, path: readonly (string | number)[] = []): Field[] {
  const { properties = {}, items, additionalProperties } = plain(schema);
  const inner: (readonly [string | number, Schema])[] = Object.entries(properties);
  if (items) inner.push([0, items]);
  if (additionalProperties) inner.push(["a", additionalProperties]);
  return inner.flatMap(([name, each]) => [
    { method, path: [...path, name], schema: plain(each) },
    ...fieldsOf(method, each, [...path, name]),
  ]);
}

const scalars: Readonly<Record<string, (schema: Schema) => fc.Arbitrary<unknown>>> = {
  string: ({ pattern }) => (pattern ? fc.stringMatching(new RegExp(pattern)) : fc.string({ maxLength: 30 })),
  integer: ({ minimum, maximum }) => fc.maxSafeInteger().map((value) => within(value, minimum, maximum)),
  boolean: () => fc.boolean(),
};

/** Values that the schema takes. */
export function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  const own = plain(schema);
  const { type, items, properties, additionalProperties } = own;
  const scalar = scalars[String(type)];
  if (scalar) return scalar(own);
  if (type === "array") return fc.array(valuesOf(items ?? {}), { maxLength: 3 });
  if (type !== "object") return fc.jsonValue();
  if (additionalProperties) return fc.dictionary(fc.string(), valuesOf(additionalProperties), { maxKeys: 3 });
  const members = Object.entries(properties ?? {}).map(([name, each]) => [name, valuesOf(each)] as const);
  return fc.record(Object.fromEntries(members), { requiredKeys: [] });
}

/** Values that the schema does not take: of other types, and beyond its bounds. */
export function mistakesFor(schema: Schema): readonly unknown[] {
  const { type, minimum, maximum } = plain(schema);
  if (type === undefined) return [];
  const values: Readonly<Record<string, unknown>> = { string: "x", integer: 5, boolean: true, array: [], object: {} };
  const others = Object.keys(values).filter((each) => each !== type);
  const beyond = [minimum === undefined ? [] : [minimum - 1], maximum === undefined ? [] : [maximum + 1]].flat();
  return [...others.map((each) => values[each]), ...(type === "integer" ? [1.5, ...beyond] : [])];
}

function within(value: number, minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER): number {
  const span = maximum - minimum;
  return value >= minimum && value <= maximum ? value : minimum + (Math.abs(value) % (Math.min(span, 1_000_000) + 1));
}

/** `{ a: { b: value } }` for the path a, b; a list for a number. */
export function at(path: readonly (string | number)[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, name) => (typeof name === "number" ? [inner] : { [name]: inner }), value);
}
