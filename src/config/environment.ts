import { isObject } from "../core/object.ts";
import { nearestName } from "./nearest.ts";
import { movedTo } from "./old-names.ts";
import { mergeTrees, type Tree, treeOf } from "./tree.ts";
import { type NamedList, namedLists, readVariable, variablesByName } from "./variables.ts";

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

/** Names the file, and is no option. */
const fileVariable = "CHORUS_CONFIG";

/** Variables with the first prefix are below those with the second. */
const prefixes = ["CENTRIFUGO_", "CHORUS_"] as const;

/**
 * Reads every `CHORUS_` variable, and below them every `CENTRIFUGO_` one, as the option whose path it spells in capitals.
 * `below` is the file, whose namespaces and proxies may have variables. No line holds a variable's value.
 */
export function readEnvironment(environment: Environment, below: Tree): EnvironmentOptions {
  let read: EnvironmentOptions = { tree: {}, origins: new Map(), warnings: [] };
  for (const prefix of prefixes) read = readPrefix(prefix, { environment, below, read });
  return read;
}

interface Reading {
  readonly environment: Environment;
  readonly below: Tree;
  /** What variables of a lower prefix said. */
  readonly read: EnvironmentOptions;
}

function readPrefix(prefix: string, { environment, below, read }: Reading): EnvironmentOptions {
  const variables = variablesByName();
  const origins = new Map(read.origins);
  const unknown: (readonly [name: string, text: string])[] = [];
  let { tree } = read;
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || name === fileVariable || text === undefined) continue;
    // To Centrifugo an empty variable is none; Chorus takes it as an empty text.
    if (text === "" && prefix === "CENTRIFUGO_") continue;
    const variable = variables.get(name.slice(prefix.length));
    if (variable === undefined) {
      unknown.push([name, text]);
      continue;
    }
    tree = mergeTrees(tree, treeOf(variable.path, readVariable(text, variable.kind)));
    origins.set(variable.path.join("."), name);
  }
  const used: string[] = [];
  for (const list of namedLists()) {
    const own = readItems(itemsIn(tree, list) ?? itemsIn(below, list) ?? [], list, { unknown, prefix });
    if (own.used.length === 0) continue;
    const place = list.path.join(".");
    const whole = origins.get(place);
    tree = mergeTrees(tree, treeOf(list.path, own.items));
    origins.set(place, [...(whole === undefined ? [] : [whole]), ...own.used].join(", "));
    used.push(...own.used);
  }
  const others = unknown.map(([name]) => name).filter((name) => !used.includes(name));
  const warnings = others.flatMap((name) => unknownVariable(name, prefix, [...variables.keys()]));
  return { tree, origins, warnings: [...read.warnings, ...warnings] };
}

function itemsIn(tree: Tree, { path }: NamedList): readonly unknown[] | undefined {
  let found: unknown = tree;
  for (const part of path) found = isObject(found) ? found[part] : undefined;
  return Array.isArray(found) ? found : undefined;
}

interface Unread {
  /** Variables that name no option, with their texts. */
  readonly unknown: readonly (readonly [string, string])[];
  readonly prefix: string;
}

/** Lays variables such as `CHANNEL_NAMESPACES_CHAT_PRESENCE` over the objects that they name. */
function readItems(items: readonly unknown[], { start, variables }: NamedList, { unknown, prefix }: Unread) {
  const used: string[] = [];
  const changed = items.map((item) => {
    if (!isObject(item) || typeof item["name"] !== "string") return item;
    const own = `${prefix}${start}${item["name"].replace(/[-.]/g, "_").toUpperCase()}_`;
    let tree: Tree = item;
    for (const [name, text] of unknown) {
      const variable = name.startsWith(own) ? variables.get(name.slice(own.length)) : undefined;
      if (variable === undefined) continue;
      tree = mergeTrees(tree, treeOf(variable.path, readVariable(text, variable.kind)));
      used.push(name);
    }
    return tree;
  });
  return { items: changed, used };
}

/** Set by Kubernetes for services of these names in every container beside them, or by people for templates of Centrifugo. */
const foreignPattern =
  /^(?:CHORUS_(?:PORT|SERVICE_)|CENTRIFUGO(?:_[A-Z0-9_]+)?_(?:PORT|SERVICE_)|CENTRIFUGO_PORT|CENTRIFUGO_VAR_)/;

/** The warning about a variable that names no option; none for those that others set. */
function unknownVariable(name: string, prefix: string, known: readonly string[]): string[] {
  if (foreignPattern.test(name)) return [];
  const end = name.slice(prefix.length);
  const place = movedTo(end.toLowerCase());
  const near = nearestName(end, known);
  if (place !== null) return [`${name}: names no option, write ${prefix}${place.replaceAll(".", "_").toUpperCase()}`];
  return [near === null ? `${name}: names no option` : `${name}: names no option, the nearest is ${prefix}${near}`];
}
