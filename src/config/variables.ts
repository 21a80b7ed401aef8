import { isObject } from "../core/object.ts";
import type { OptionNotes } from "../options/option.ts";
import { centrifugoDefaults, itemDefaults } from "./centrifugo.ts";
import { listOptions, optionsIn } from "./option-list.ts";
import { type ConfigNode, nodeOf, type Schema } from "./option-tree.ts";
import { optionsSchema } from "./schema.ts";
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

/** A list whose objects have names, and variables of their own: `CHANNEL_NAMESPACES_`, the name, and the option. */
export interface NamedList {
  readonly path: readonly string[];
  /** What the variables of its objects begin with, before the name. */
  readonly start: string;
  /** Every option of an object by the end of its variable's name (`HISTORY_SIZE`). */
  readonly variables: ReadonlyMap<string, Variable>;
}

/** Every list of objects with names. */
export function namedLists(): readonly NamedList[] {
  return Object.entries(itemDefaults).map(([place, defaults]) => {
    const path = place.split(".");
    const variables = byName([...centrifugoVariables(defaults, []), ...optionsOfItems(path)]);
    return { path, start: `${path.join("_").toUpperCase()}_`, variables };
  });
}

function optionsOfItems(path: readonly string[]): Variable[] {
  let schema: Schema | undefined = optionsSchema;
  for (const part of path) {
    const node: ConfigNode = nodeOf(schema);
    schema = node.kind === "option" ? undefined : node.entries[part];
    if (schema === undefined) return [];
  }
  const list = nodeOf(schema);
  if (list.kind !== "records") return [];
  const options = Object.entries(list.entries).flatMap(([key, entry]) => optionsIn(entry, [key]));
  return options.map(({ path: place, notes }) => ({ path: place, kind: notes.kind }));
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

const namesPattern = /^[-\w. ]+$/;

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
      // Names alone are objects that have only a name, as in Centrifugo.
      return parseJson(text) ?? (namesPattern.test(text) ? words(text).map((name) => ({ name })) : text);
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
