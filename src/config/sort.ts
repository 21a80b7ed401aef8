import { isObject } from "../core/object.ts";
import { centrifugoAt, saysTheSame } from "./centrifugo.ts";
import type { Path } from "./known-names.ts";
import { nearestOption } from "./nearest.ts";
import { oldNameFault } from "./old-names.ts";
import { nodeOf, type Schema } from "./option-tree.ts";
import { pathText, type Tree } from "./tree.ts";
import { harmWithout } from "./unsupported.ts";

/** What became of a tree of options. */
export interface Sorted {
  /** What the schema knows, to be validated by it. */
  readonly supported: Tree;
  /** One line for each option that is left out: not supported, or not known. */
  readonly warnings: readonly string[];
  /** One line for each option that is misspelt, has an old name, or without which it would be unsafe to go on. */
  readonly errors: readonly string[];
}

/**
 * Takes options apart: those that are supported, those that only Centrifugo knows, and unknown ones. No line
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
    // A section without options, as YAML writes it, says nothing.
    if (node.kind === "section") return sortObject(value ?? {}, node.entries, path);
    if (node.kind === "option") return node.option.notes.kind === "list" ? listOf(value) : value;
    if (!Array.isArray(value)) return value;
    return value.map((item, index) => sortObject(item, node.entries, [...path, index]));
  };

  /** What is no object is left to the schema, but for a list: to valibot that is an object too. */
  const sortObject = (value: unknown, entries: Readonly<Record<string, Schema>>, path: Path): unknown => {
    if (isObject(value)) return sortTree(value, entries, path);
    if (Array.isArray(value)) errors.push(`${pathText(path)}: expected an object, got a list`);
    const fault = isScalar(value) ? oldNameFault(path, true) : null;
    if (fault === null) return value;
    errors.push(`${pathText(path)}: ${fault}`);
    return undefined;
  };

  const weigh = (value: unknown, path: Path): void => {
    const place = centrifugoAt(path);
    if (isObject(place) && Object.keys(place).length > 0 && isObject(value)) {
      for (const [key, inner] of Object.entries(value)) weigh(inner, [...path, key]);
      return;
    }
    const verdict = place === undefined ? unknownVerdict(path) : unsupportedVerdict(value, path, root);
    if (verdict === null) return;
    (verdict.stops ? errors : warnings).push(`${pathText(path)}: ${verdict.words}`);
  };

  const top = nodeOf(schema);
  const supported = top.kind === "section" ? sortTree(root, top.entries, []) : root;
  return { supported, warnings, errors };
}

/** What is said of an option that is not in the schema, and whether it stops the start. */
interface SortVerdict {
  readonly stops: boolean;
  readonly words: string;
}

/** An unknown option stops the start where it has an old name or is a misspelling; otherwise it is left out, as in Centrifugo. */
function unknownVerdict(path: Path): SortVerdict {
  const fault = oldNameFault(path);
  if (fault !== null) return { stops: true, words: fault };
  const nearest = nearestOption(path);
  if (nearest !== null) return { stops: true, words: `unknown option, the nearest known one is ${nearest}` };
  return { stops: false, words: "unknown option, the server goes on without it" };
}

/** An option of Centrifugo that is not supported; null where it has its default. */
function unsupportedVerdict(value: unknown, path: Path, root: Tree): SortVerdict | null {
  const place = centrifugoAt(path);
  const oldName = isObject(place) && isScalar(value) ? oldNameFault(path, true) : null;
  if (oldName !== null) return { stops: true, words: oldName };
  if (saysTheSame(value, place)) return null;
  const harm = harmWithout(pathText(path), root);
  return harm === null
    ? { stops: false, words: "not supported, the server goes on without it" }
    : { stops: true, words: `not supported, and going on without it is unsafe: ${harm}` };
}

/** One text is a list of one, as in Centrifugo, whose guide writes the address of Redis so. */
function listOf(value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value === "" ? [] : [value];
}

function isScalar(value: unknown): boolean {
  return typeof value === "boolean" || typeof value === "string";
}
