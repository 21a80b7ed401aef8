import { isObject } from "../core/object.ts";
import { centrifugoAt } from "./centrifugo.ts";
import { nodeOf, type Schema } from "./option-tree.ts";
import { optionsSchema } from "./schema.ts";
import { pathText } from "./tree.ts";

/** A place in the configuration; a number is an index of a list. */
export type Path = readonly (string | number)[];

/**
 * Every place that an option or a section has, ours before those that only Centrifugo has. The options of objects in
 * lists are at the given index; without one they are left out.
 */
export function knownPaths(index: number | undefined): readonly Path[] {
  const paths = [...schemaPaths(optionsSchema, [], index), ...centrifugoPaths([], index)];
  return [...new Map(paths.map((path) => [pathText(path), path])).values()];
}

function schemaPaths(schema: Schema, path: Path, index: number | undefined): Path[] {
  const node = nodeOf(schema);
  const own = path.length === 0 ? [] : [path];
  if (node.kind === "option" || (node.kind === "records" && index === undefined)) return own;
  const below = node.kind === "records" && index !== undefined ? [...path, index] : path;
  return [
    ...own,
    ...Object.entries(node.entries).flatMap(([key, entry]) => schemaPaths(entry, [...below, key], index)),
  ];
}

function centrifugoPaths(path: Path, index: number | undefined): Path[] {
  const own = path.length === 0 ? [] : [path];
  const isNamespaces = pathText(path) === "channel.namespaces";
  const below = isNamespaces && index !== undefined ? [...path, index] : path;
  const found = centrifugoAt(below);
  if (!isObject(found)) return own;
  return [...own, ...Object.keys(found).flatMap((key) => centrifugoPaths([...below, key], index))];
}
