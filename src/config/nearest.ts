import { closest } from "fastest-levenshtein";
import { isObject } from "../core/object.ts";
import { centrifugoAt } from "./centrifugo.ts";
import { nodeOf, type Schema } from "./option-tree.ts";
import { optionsSchema } from "./schema.ts";
import { pathText } from "./tree.ts";

type Path = readonly (string | number)[];

/** The name that was most likely meant by one that nobody knows, as a whole path. */
export function nearestOption(path: Path): string {
  const index = path.find((part) => typeof part === "number");
  const names = [...schemaNames(optionsSchema, [], index), ...centrifugoNames([], index)];
  return closest(pathText(path), names);
}

/** All paths below a place of the schema; those of lists of objects with the index that is asked about. */
function schemaNames(schema: Schema, path: Path, index: number | undefined): string[] {
  const node = nodeOf(schema);
  const own = path.length === 0 ? [] : [pathText(path)];
  if (node.kind === "option" || (node.kind === "records" && index === undefined)) return own;
  const below = node.kind === "records" && index !== undefined ? [...path, index] : path;
  return [
    ...own,
    ...Object.entries(node.entries).flatMap(([key, entry]) => schemaNames(entry, [...below, key], index)),
  ];
}

/** All paths of Centrifugo below one of its places. */
function centrifugoNames(path: Path, index: number | undefined): string[] {
  const own = path.length === 0 ? [] : [pathText(path)];
  const isNamespaces = pathText(path) === "channel.namespaces";
  const below = isNamespaces && index !== undefined ? [...path, index] : path;
  const found = centrifugoAt(below);
  if (!isObject(found)) return own;
  return [...own, ...Object.keys(found).flatMap((key) => centrifugoNames([...below, key], index))];
}
