import type { StandardSchemaV1 as Schema } from "@standard-schema/spec";

/** What a schema says of a value. */
export type Checked =
  | { readonly ok: true; readonly value: unknown }
  /** Where the value is wrong: `items[2].id`; "" is the whole value. The value itself is never part of it. */
  | { readonly ok: false; readonly path: string };

/** Validates a value; a promise only where the schema itself answers later. A schema that throws is a fault. */
export function check(schema: Schema, value: unknown): Checked | Promise<Checked> {
  const result = schema["~standard"].validate(value);
  return result instanceof Promise ? result.then(checkedOf) : checkedOf(result);
}

function checkedOf(result: Schema.Result<unknown>): Checked {
  if (result.issues === undefined) return { ok: true, value: result.value };
  return { ok: false, path: pathOf(result.issues[0]?.path ?? []) };
}

function pathOf(path: readonly (PropertyKey | Schema.PathSegment)[]): string {
  return path
    .map((part) => (typeof part === "object" ? part.key : part))
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
}
