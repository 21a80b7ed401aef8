import { isObject } from "../core/object.ts";
import { centrifugoAt, saysTheSame } from "./centrifugo.ts";
import { nearestOption } from "./nearest.ts";
import { nodeOf, type Schema } from "./option-tree.ts";
import { pathText, type Tree } from "./tree.ts";
import { harmWithout } from "./unsupported.ts";

type Path = readonly (string | number)[];

/** What became of a tree of options. */
export interface Sorted {
  /** What the schema knows, to be validated by it. */
  readonly supported: Tree;
  /** One line for each option that is left out. */
  readonly warnings: readonly string[];
  /** One line for each option that nobody knows, or without which it would be unsafe to go on. */
  readonly errors: readonly string[];
}

/**
 * Takes options apart: those that are supported, those that only Centrifugo knows, and those that nobody knows. No line
 * holds a value, because it may be a secret.
 */
export function sortOptions(root: Tree, schema: Schema): Sorted {
  const warnings: string[] = [];
  const errors: string[] = [];

  const sortTree = (tree: Tree, entries: Readonly<Record<string, Schema>>, path: Path): Tree => {
    const supported: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(tree)) {
      const known = Object.hasOwn(entries, key) ? entries[key] : undefined;
      if (known === undefined) weigh(value, [...path, key]);
      else supported[key] = sortValue(value, known, [...path, key]);
    }
    return supported;
  };

  const sortValue = (value: unknown, known: Schema, path: Path): unknown => {
    const node = nodeOf(known);
    if (node.kind === "section") return sortObject(value, node.entries, path);
    if (node.kind !== "records" || !Array.isArray(value)) return value;
    return value.map((item, index) => sortObject(item, node.entries, [...path, index]));
  };

  /** What is no object is left to the schema, but for a list: to valibot that is an object too. */
  const sortObject = (value: unknown, entries: Readonly<Record<string, Schema>>, path: Path): unknown => {
    if (isObject(value)) return sortTree(value, entries, path);
    if (Array.isArray(value)) errors.push(`${pathText(path)}: expected an object, got a list`);
    return value;
  };

  const weigh = (value: unknown, path: Path): void => {
    const text = pathText(path);
    const fallback = centrifugoAt(path);
    if (fallback === undefined) {
      errors.push(`${text}: unknown option, the nearest known one is ${nearestOption(path)}`);
    } else if (isObject(fallback) && Object.keys(fallback).length > 0 && isObject(value)) {
      for (const [key, inner] of Object.entries(value)) weigh(inner, [...path, key]);
    } else if (!saysTheSame(value, fallback)) {
      const harm = harmWithout(text, root);
      if (harm === null) warnings.push(`${text}: not supported, the server goes on without it`);
      else errors.push(`${text}: not supported, and going on without it is unsafe: ${harm}`);
    }
  };

  const top = nodeOf(schema);
  const supported = top.kind === "section" ? sortTree(root, top.entries, []) : root;
  return { supported, warnings, errors };
}
