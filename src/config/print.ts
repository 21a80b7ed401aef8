import { isObject } from "../core/object.ts";
import { formatDuration } from "../options/duration.ts";
import type { Config } from "./config.ts";
import { nodeOf, type OptionNode, type Schema } from "./option-tree.ts";
import { optionsSchema } from "./schema.ts";
import type { Tree } from "./tree.ts";

/** The replacement of a secret. */
const mask = "***";

/** The whole configuration as a file that says the same, but for the secrets, which are masked. */
export function printConfig(config: Config): string {
  return JSON.stringify(shown(config, optionsSchema), null, 2);
}

function shown(value: unknown, schema: Schema): unknown {
  const node = nodeOf(schema);
  if (node.kind === "section") return isObject(value) ? shownTree(value, node.entries) : value;
  if (node.kind === "option") return shownOption(value, node.option);
  return Array.isArray(value) ? value.map((item) => (isObject(item) ? shownTree(item, node.entries) : item)) : value;
}

function shownTree(tree: Tree, entries: Readonly<Record<string, Schema>>): Tree {
  return Object.fromEntries(Object.entries(entries).map(([key, schema]) => [key, shown(tree[key], schema)]));
}

function shownOption(value: unknown, { notes: { kind, secret }, fallback }: OptionNode): unknown {
  if (kind === "duration" && typeof value === "number") return formatDuration(value);
  // A number that is not set is printed as its default in a file: null, or the empty text of Centrifugo's ports.
  if (kind === "number" && value === null) return fallback;
  if (isObject(value) && secret === "all") return Object.fromEntries(Object.keys(value).map((key) => [key, mask]));
  if (typeof value !== "string" || value === "" || secret === undefined) return value;
  return secret === "all" ? mask : shownUrl(value);
}

/** A URL without its password and its query, either of which may hold credentials. */
function shownUrl(value: string): string {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol)) return mask;
  const user = url.username === "" && url.password === "" ? "" : `${mask}@`;
  const query = url.search === "" ? "" : `?${mask}`;
  // A placeholder stays one.
  const path = url.pathname.replaceAll("%7B%7B", "{{").replaceAll("%7D%7D", "}}");
  return `${url.protocol}//${user}${url.host}${path}${query}`;
}
