import { nodeOf, type OptionNode, type Schema } from "./option-tree.ts";
import { optionsSchema } from "./schema.ts";

/** One option with its place, unit, default and reason: a row of a table. */
export interface ListedOption extends OptionNode {
  readonly path: readonly string[];
}

/** Every option that is supported, in the order of the schema; those of a list of objects are one option together. */
export function listOptions(): readonly ListedOption[] {
  return optionsIn(optionsSchema, []);
}

/** Every option at a place and below it. */
export function optionsIn(schema: Schema, path: readonly string[]): ListedOption[] {
  const node = nodeOf(schema);
  if (node.kind !== "section") return [{ path, ...node.option }];
  return Object.entries(node.entries).flatMap(([key, entry]) => optionsIn(entry, [...path, key]));
}

/** The default of an option as a table shows it: its value, or in words how it follows from others. */
export function defaultText({ notes, fallback }: ListedOption): string {
  return notes.derived ?? String(fallback);
}
