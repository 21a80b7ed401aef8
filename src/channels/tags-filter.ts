import type { FilterNode } from "../core/command.ts";
import type { Publication } from "../core/publication.ts";
import type { Variant } from "../core/variant.ts";
import { compareDecimals, type Decimal, parseDecimal } from "./decimal.ts";

/** The tags of a publication; an absent one differs from an empty one. */
type Tags = Readonly<Record<string, string>>;

/** Whether a publication with these tags is delivered. */
type TagsFilter = (tags: Tags) => boolean;

/** Bounds of a filter; Centrifugo has none. */
const levelsMax = 64;
const nodesMax = 512;

type Leaf = Pick<FilterNode, "key" | "val" | "vals">;

/** What a comparison needs beside the key, and how it is made. A missing tag is compared as "". */
interface Comparison {
  readonly needs: "val" | "vals" | "nothing";
  make(leaf: Leaf): TagsFilter;
}

const tagOf = (tags: Tags, key: string): string => (Object.hasOwn(tags, key) ? (tags[key] ?? "") : "");

function text(matches: (tag: string, value: string) => boolean): Comparison {
  return {
    needs: "val",
    make:
      ({ key, val }) =>
      (tags) =>
        matches(tagOf(tags, key), val),
  };
}

/** Compares exact decimals; text that is not one matches nothing. */
function order(matches: (difference: number) => boolean): Comparison {
  return {
    needs: "val",
    make: ({ key, val }) => {
      const bound = parseDecimal(val);
      if (!bound) return () => false;
      return (tags) => {
        const tag = decimalOf(tagOf(tags, key));
        return tag !== null && matches(compareDecimals(tag, bound));
      };
    },
  };
}

/** The text that was parsed last: many comparisons of a filter are of one tag. */
let parsed: { readonly text: string; readonly decimal: Decimal | null } = { text: "", decimal: null };

function decimalOf(text: string): Decimal | null {
  if (text !== parsed.text) parsed = { text, decimal: parseDecimal(text) };
  return parsed.decimal;
}

function membership(isMember: boolean): Comparison {
  return {
    needs: "vals",
    make: ({ key, vals }) => {
      const members = new Set(vals);
      return (tags) => members.has(tagOf(tags, key)) === isMember;
    },
  };
}

function existence(exists: boolean): Comparison {
  return {
    needs: "nothing",
    make:
      ({ key }) =>
      (tags) =>
        Object.hasOwn(tags, key) === exists,
  };
}

const comparisons: ReadonlyMap<string, Comparison> = new Map([
  ["eq", text((tag, value) => tag === value)],
  ["neq", text((tag, value) => tag !== value)],
  ["sw", text((tag, value) => tag.startsWith(value))],
  ["ew", text((tag, value) => tag.endsWith(value))],
  ["ct", text((tag, value) => tag.includes(value))],
  ["lt", order((difference) => difference < 0)],
  ["lte", order((difference) => difference <= 0)],
  ["gt", order((difference) => difference > 0)],
  ["gte", order((difference) => difference >= 0)],
  ["in", membership(true)],
  ["nin", membership(false)],
  ["ex", existence(true)],
  ["nex", existence(false)],
]);

/**
 * Compiles the filter of a subscription; null where it is not valid: an unknown `op` or `cmp`, a leaf without what its
 * comparison needs or with what it does not take, `and` and `or` without nodes, `not` with other than one, or more than
 * 64 levels or 512 nodes. Fields that a node does not use are ignored, as in Centrifugo.
 */
export function compileTagsFilter(filter: FilterNode): TagsFilter | null {
  const budget = { nodes: nodesMax };
  return compile(filter, levelsMax, budget);
}

function compile(node: FilterNode, levels: number, budget: { nodes: number }): TagsFilter | null {
  budget.nodes -= 1;
  if (levels === 0 || budget.nodes < 0) return null;
  if (node.op === "") return compileLeaf(node);
  const filters: TagsFilter[] = [];
  for (const each of node.nodes) {
    const filter = compile(each, levels - 1, budget);
    if (!filter) return null;
    filters.push(filter);
  }
  return combine(node.op, filters);
}

function combine(op: string, filters: readonly TagsFilter[]): TagsFilter | null {
  const [first] = filters;
  if (!first) return null;
  if (op === "and") return (tags) => filters.every((filter) => filter(tags));
  if (op === "or") return (tags) => filters.some((filter) => filter(tags));
  return op === "not" && filters.length === 1 ? (tags) => !first(tags) : null;
}

function compileLeaf(leaf: FilterNode): TagsFilter | null {
  const comparison = comparisons.get(leaf.cmp);
  if (!comparison) return null;
  const hasVal = leaf.val !== "";
  const hasVals = leaf.vals.length > 0;
  const { needs } = comparison;
  if (hasVal !== (needs === "val") || hasVals !== (needs === "vals")) return null;
  return leaf.key !== "" || needs === "nothing" ? comparison.make(leaf) : null;
}

/** The same text for filters that mean the same: fields that a node does not use are left out. */
export function tagsFilterKey({ op, key, cmp, val, vals, nodes }: FilterNode): string {
  return op === "" ? JSON.stringify([cmp, key, val, ...vals]) : `${op}(${nodes.map(tagsFilterKey).join()})`;
}

/** Publications whose tags the filter accepts; null where the filter is not valid. One object is evaluated for all subscribers with the same filter. */
export function tagsVariant(filter: FilterNode): TagsVariant | null {
  const accepts = compileTagsFilter(filter);
  if (!accepts) return null;
  const matches = ({ tags = noTags }: Pick<Publication, "tags">) => accepts(tags);
  const key = `tags ${tagsFilterKey(filter)}`;
  return {
    key,
    weight: 2 * key.length + nodeBytes * nodesOf(filter),
    matches,
    select: (_channel, publication) => (matches(publication) ? publication : null),
  };
}

/** A compiled node takes so many bytes, without its texts (measured on Bun 1.4.5). */
const nodeBytes = 256;

function nodesOf({ nodes }: FilterNode): number {
  return nodes.reduce((sum, node) => sum + nodesOf(node), 1);
}

/** The variant of a tags filter. */
export interface TagsVariant extends Variant {
  readonly weight: number;
  matches(publication: Pick<Publication, "tags">): boolean;
}

const noTags: Tags = {};
