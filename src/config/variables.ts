import { isObject } from "../core/object.ts";
import { namespacesSchema } from "../options/channel.ts";
import type { OptionNotes } from "../options/option.ts";
import { centrifugoDefaults, namespaceDefaults } from "./centrifugo.ts";
import { listOptions } from "./option-list.ts";
import { nodeOf } from "./option-tree.ts";
import type { Tree } from "./tree.ts";

/** An option that a variable can set, and how its text is read. */
export interface Variable {
  readonly path: readonly string[];
  readonly kind: OptionNotes["kind"];
}

/** Every option by the end of its variable's name (`HTTP_SERVER_PORT`), also those that only Centrifugo has: they are left out with their warning. */
export function variablesByName(): ReadonlyMap<string, Variable> {
  const own = listOptions().map(({ path, notes }) => ({ path, kind: notes.kind }));
  return byName([...centrifugoVariables(centrifugoDefaults, []), ...own]);
}

/** Every option of a namespace by the end of its variable's name (`HISTORY_SIZE`). */
export function namespaceVariables(): ReadonlyMap<string, Variable> {
  const node = nodeOf(namespacesSchema);
  const entries = node.kind === "records" ? Object.entries(node.entries) : [];
  const own = entries.flatMap(([key, schema]): Variable[] => {
    const option = nodeOf(schema);
    return option.kind === "option" ? [{ path: [key], kind: option.option.notes.kind }] : [];
  });
  return byName([...centrifugoVariables(namespaceDefaults, []), ...own]);
}

function byName(variables: readonly Variable[]): ReadonlyMap<string, Variable> {
  return new Map(variables.map((variable) => [variable.path.join("_").toUpperCase(), variable]));
}

function centrifugoVariables(tree: Tree, path: readonly string[]): Variable[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const place = [...path, key];
    return isObject(value) && Object.keys(value).length > 0
      ? centrifugoVariables(value, place)
      : [{ path: place, kind: kindOf(value) }];
  });
}

function kindOf(fallback: unknown): OptionNotes["kind"] {
  if (typeof fallback === "boolean") return "flag";
  if (typeof fallback === "number") return "number";
  return typeof fallback === "string" ? "text" : "list";
}

/** The words that Go's `strconv.ParseBool` takes. */
const flagTexts = new Map([
  ...["true", "t", "1"].map((word) => [word, true] as const),
  ...["false", "f", "0"].map((word) => [word, false] as const),
]);

/** Reads a variable's text; what cannot be read stays text, of which the schema then says what it expected. */
export function readVariable(text: string, kind: OptionNotes["kind"]): unknown {
  switch (kind) {
    case "flag":
      return flagTexts.get(text.toLowerCase()) ?? text;
    case "number":
      return /^-?\d+$/.test(text) ? Number(text) : text;
    case "list":
      // Centrifugo's lists of objects are JSON; a list of texts cannot begin so.
      return text.startsWith("[") ? (parseJson(text) ?? words(text)) : words(text);
    case "records":
      return parseJson(text) ?? text;
    case "text":
    case "duration":
      return text;
  }
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((part) => part !== "");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
