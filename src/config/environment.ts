import { isObject } from "../core/object.ts";
import { nearestName } from "./nearest.ts";
import { movedTo } from "./old-names.ts";
import { mergeTrees, type Tree, treeOf } from "./tree.ts";
import { namespaceVariables, readVariable, variablesByName } from "./variables.ts";

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

/** The place of the list whose objects have variables of their own: `CHANNEL_NAMESPACES_` and the name of a namespace. */
const namespaces = { path: "channel.namespaces", prefix: "CHANNEL_NAMESPACES_" } as const;

/**
 * Reads every `CHORUS_` variable, and below them every `CENTRIFUGO_` one, as the option whose path it spells in capitals.
 * `below` is the file, whose namespaces may have variables. No line holds a variable's value.
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
    const variable = variables.get(name.slice(prefix.length));
    if (variable === undefined) {
      unknown.push([name, text]);
      continue;
    }
    tree = mergeTrees(tree, treeOf(variable.path, readVariable(text, variable.kind)));
    origins.set(variable.path.join("."), name);
  }
  const own = readNamespaces(namespacesIn(tree) ?? namespacesIn(below) ?? [], unknown, prefix);
  if (own.used.length > 0) {
    tree = mergeTrees(tree, treeOf(namespaces.path.split("."), own.list));
    const whole = origins.get(namespaces.path);
    origins.set(namespaces.path, [...(whole === undefined ? [] : [whole]), ...own.used].join(", "));
  }
  const others = unknown.map(([name]) => name).filter((name) => !own.used.includes(name));
  const warnings = others.flatMap((name) => unknownVariable(name, prefix, [...variables.keys()]));
  return { tree, origins, warnings: [...read.warnings, ...warnings] };
}

function namespacesIn(tree: Tree): readonly unknown[] | undefined {
  const { channel } = tree;
  const list = isObject(channel) ? channel["namespaces"] : undefined;
  return Array.isArray(list) ? list : undefined;
}

/** Lays variables such as `CHANNEL_NAMESPACES_CHAT_PRESENCE` over the namespaces that they name. */
function readNamespaces(list: readonly unknown[], unknown: readonly (readonly [string, string])[], prefix: string) {
  const variables = namespaceVariables();
  const used: string[] = [];
  const changed = list.map((item) => {
    if (!isObject(item) || typeof item["name"] !== "string") return item;
    const start = `${prefix}${namespaces.prefix}${item["name"].replace(/[-.]/g, "_").toUpperCase()}_`;
    let tree: Tree = item;
    for (const [name, text] of unknown) {
      const variable = name.startsWith(start) ? variables.get(name.slice(start.length)) : undefined;
      if (variable === undefined) continue;
      tree = mergeTrees(tree, treeOf(variable.path, readVariable(text, variable.kind)));
      used.push(name);
    }
    return tree;
  });
  return { list: changed, used };
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
