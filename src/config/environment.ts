import { closest } from "fastest-levenshtein";
import { isObject } from "../core/object.ts";
import { centrifugoDefaults } from "./centrifugo.ts";
import type { OptionNotes } from "./option.ts";
import { listOptions } from "./option-list.ts";
import { mergeTrees, type Tree, treeOf } from "./tree.ts";

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says. */
export interface EnvironmentOptions {
  readonly tree: Tree;
  /** Which variable an option came from, by its path. */
  readonly origins: ReadonlyMap<string, string>;
  /** One line for each variable that names no option. */
  readonly warnings: readonly string[];
}

/** An option that a variable can set, and how its text is read. */
interface Variable {
  readonly path: readonly string[];
  readonly kind: OptionNotes["kind"];
}

/** Names the file, and is no option. */
const fileVariable = "CHORUS_CONFIG";

/** Kubernetes sets these for a service of this name, in every container beside it. */
const kubernetesPattern = /^CHORUS_(?:PORT|SERVICE_)/;

const flagTexts = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

/** Reads every `CHORUS_` variable as the option whose path it spells in capitals. No line holds a variable's value. */
export function readEnvironment(environment: Environment): EnvironmentOptions {
  const variables = variablesByName();
  const origins = new Map<string, string>();
  const warnings: string[] = [];
  let tree: Tree = {};
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith("CHORUS_") || name === fileVariable || text === undefined) continue;
    const variable = variables.get(name);
    if (variable !== undefined) {
      tree = mergeTrees(tree, treeOf(variable.path, readText(text, variable.kind)));
      origins.set(variable.path.join("."), name);
    } else if (!kubernetesPattern.test(name)) {
      warnings.push(`${name}: names no option, the nearest is ${closest(name, [...variables.keys()])}`);
    }
  }
  return { tree, origins, warnings };
}

/** Every variable that there can be, also for what only Centrifugo has: it is then left out with its warning. */
function variablesByName(): Map<string, Variable> {
  const variables = [...centrifugoVariables(centrifugoDefaults, []), ...listOptions().map(variableOf)];
  return new Map(variables.map((variable) => [`CHORUS_${variable.path.join("_").toUpperCase()}`, variable]));
}

function variableOf({ path, notes }: { path: readonly string[]; notes: OptionNotes }): Variable {
  return { path, kind: notes.kind };
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

/** Reads a variable's text; what cannot be read stays text, of which the schema then says what it expected. */
function readText(text: string, kind: OptionNotes["kind"]): unknown {
  switch (kind) {
    case "flag":
      return flagTexts.get(text.toLowerCase()) ?? text;
    case "number":
      return /^-?\d+$/.test(text) ? Number(text) : text;
    case "list":
      return text.split(/\s+/).filter((part) => part !== "");
    case "records":
      return parseJson(text) ?? text;
    case "text":
    case "duration":
      return text;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
