import * as v from "valibot";
import type { ByteReader } from "../core/bytes.ts";
import type { Write } from "./link.ts";

/** What a worker says of itself first. */
export const hello = v.object({
  /** The one that the parent gave it with its arguments. */
  id: v.string(),
  version: v.string(),
});

const port = v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)));

/** What a worker runs with. `config`: a configuration as the parent has checked it. */
export const welcome = v.object({
  worker: v.number(),
  workers: v.number(),
  /** What this run of the node is called. */
  node: v.string(),
  profile: v.picklist(["file", "development"]),
  config: v.record(v.string(), v.unknown()),
});

/** A worker listens. */
export const ready = v.object({ url: v.string(), port, internalPort: port });

export type Ready = v.InferOutput<typeof ready>;

/** How a worker is to stop. `isReplaced`: others listen at its port, so it stops listening before it lets go of clients. */
export const drain = v.object({ isReplaced: v.boolean() });

/** A body that is JSON. */
export function writeJson(value: unknown): Write {
  return (to) => to.text(JSON.stringify(value));
}

/** Throws where the body is something else. */
export function readJson<Schema extends v.GenericSchema>(from: ByteReader, schema: Schema): v.InferOutput<Schema> {
  return v.parse(schema, JSON.parse(from.text()));
}
