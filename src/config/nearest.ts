import { distance } from "fastest-levenshtein";
import { knownPaths, type Path } from "./known-names.ts";
import { pathText } from "./tree.ts";

/** Edits between two names that still make one a misspelling of the other. */
const editsMax = 2;

/** Characters of a name from which on it is also looked for in other sections than its own. */
const elsewhereMin = 5;

/**
 * The known option that an unknown one most likely misspells, as a whole path: by the last part alone, with at most two
 * edits, in its own section before others. Null where none is near.
 */
export function nearestOption(path: Path): string | null {
  const [last, parent] = [String(path.at(-1) ?? ""), pathText(path.slice(0, -1))];
  const index = path.find((part) => typeof part === "number");
  const found = knownPaths(index)
    .map((known) => ({
      known,
      edits: editsBetween(last, String(known.at(-1))),
      isSibling: pathText(known.slice(0, -1)) === parent,
      shared: path.findIndex((part, at) => part !== known[at]),
    }))
    .filter(({ edits, isSibling }) => edits === 0 || (edits <= editsMax && (isSibling || last.length >= elsewhereMin)));
  const [best] = found.sort(
    (one, other) =>
      Number(other.isSibling) - Number(one.isSibling) ||
      one.edits - other.edits ||
      other.shared - one.shared ||
      one.known.length - other.known.length,
  );
  return best === undefined ? null : pathText(best.known);
}

/** The nearest of some names under the same rule; null where none is near. */
export function nearestName(name: string, names: readonly string[]): string | null {
  const [best] = names
    .map((known) => ({ known, edits: editsBetween(name, known) }))
    .filter(({ edits }) => edits <= editsMax)
    .sort((one, other) => one.edits - other.edits);
  return best?.known ?? null;
}

/** Edits from one name to another; two letters that changed places are one. Infinity where a name is too short to be told from others. */
function editsBetween(one: string, other: string): number {
  const isSwap = one.length === other.length && [...one].sort().join("") === [...other].sort().join("");
  const edits = isSwap ? Math.min(1, distance(one, other)) : distance(one, other);
  return edits <= Math.min(one.length, other.length) / 2 ? edits : Number.POSITIVE_INFINITY;
}
