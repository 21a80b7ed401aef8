import * as v from "valibot";
import type { OptionNotes } from "../options/option.ts";

/** One schema somewhere in the configuration's. */
export type Schema = v.GenericSchema<unknown, unknown>;

/** What is at one place of the configuration: options, a list of objects that have options, or one option. */
export type ConfigNode =
  | { readonly kind: "section"; readonly entries: Readonly<Record<string, Schema>> }
  | { readonly kind: "records"; readonly entries: Readonly<Record<string, Schema>>; readonly option: OptionNode }
  | { readonly kind: "option"; readonly option: OptionNode };

/** What is known of one option. */
export interface OptionNode {
  readonly notes: OptionNotes;
  readonly doc: string;
  /** As in a file; undefined where it must be given. */
  readonly fallback: unknown;
}

/** Reads what a schema says of its place. */
export function nodeOf(schema: Schema): ConfigNode {
  const inner = unwrap(schema);
  const entries = entriesOf(inner);
  if (entries !== undefined) return { kind: "section", entries };
  const option = { notes: notesOf(inner), doc: v.getDescription(inner) ?? "", fallback: v.getDefault(schema) };
  const item = entriesOf(itemOf(inner));
  return item === undefined ? { kind: "option", option } : { kind: "records", entries: item, option };
}

function unwrap(schema: Schema): Schema {
  return isWrapping(schema) ? schema.wrapped : schema;
}

function isWrapping(schema: Schema): schema is Schema & { readonly wrapped: Schema } {
  return schema.type === "optional" || schema.type === "nullish";
}

function entriesOf(schema: Schema | undefined): Readonly<Record<string, Schema>> | undefined {
  return schema !== undefined && hasEntries(schema) ? schema.entries : undefined;
}

function hasEntries(schema: Schema): schema is Schema & { readonly entries: Readonly<Record<string, Schema>> } {
  return schema.type === "object";
}

function itemOf(schema: Schema): Schema | undefined {
  return isArray(schema) ? schema.item : undefined;
}

function isArray(schema: Schema): schema is Schema & { readonly item: Schema } {
  return schema.type === "array";
}

/** Every option carries its notes; one without them is a plain text. */
function notesOf(schema: Schema): OptionNotes {
  return { kind: "text", ...v.getMetadata(schema) };
}
