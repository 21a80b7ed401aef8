import { isObject } from "../core/object.ts";
/** An object as JSON has it, of which nothing is known yet. */
export type Tree = Readonly<Record<string, unknown>>;

/**
 * Lays one tree over another: objects are joined, everything else is replaced. Made without prototypes, so that a key
 * such as `__proto__` is a key like any other.
 */
export function mergeTrees(below: Tree, above: Tree): Tree {
  const merged: Record<string, unknown> = Object.assign(Object.create(null), below);
  for (const [key, value] of Object.entries(above)) {
    const former = Object.hasOwn(below, key) ? below[key] : undefined;
    merged[key] = isObject(former) && isObject(value) ? mergeTrees(former, value) : value;
  }
  return merged;
}

/** A tree that holds one value. */
export function treeOf(path: readonly string[], value: unknown): Tree {
  const [key, ...rest] = path;
  if (key === undefined) return {};
  return { [key]: rest.length === 0 ? value : treeOf(rest, value) };
}

/** Writes a path as errors have it: `channel.namespaces[2].history_ttl`. */
export function pathText(path: readonly (string | number)[]): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`))
    .join("")
    .replace(/^\./, "");
}

/** The same without the value at a path; a list that it would be taken out of goes as a whole. */
export function withoutPath(tree: Tree, path: readonly (string | number)[]): Tree {
  const [key, ...rest] = path;
  if (typeof key !== "string" || !Object.hasOwn(tree, key)) return tree;
  const { [key]: value, ...others } = tree;
  const [next, ...below] = rest;
  if (isObject(value) && next !== undefined) return { ...others, [key]: withoutPath(value, rest) };
  if (!Array.isArray(value) || typeof next !== "number" || below.length === 0) return others;
  return { ...others, [key]: value.with(next, isObject(value[next]) ? withoutPath(value[next], below) : undefined) };
}
