import { isDeepStrictEqual } from "node:util";
import { isObject } from "../core/object.ts";
import { parseDuration } from "../options/duration.ts";
import defaults from "./centrifugo-defaults.json" with { type: "json" };
import type { Tree } from "./tree.ts";

/** Every option of Centrifugo 6.9 with its default, as `centrifugo defaultconfig` prints it. */
export const centrifugoDefaults: Tree = defaults;

/** The options of a namespace in Centrifugo: those of channels, and its name. */
const namespaceDefaults: Tree = { name: "", ...defaults.channel.without_namespace };

const { enabled: _, ...proxyDefaults } = defaults.client.proxy.connect;

/** The options of the objects in Centrifugo's lists. */
export const itemDefaults: Readonly<Record<string, Tree>> = {
  "channel.namespaces": namespaceDefaults,
  "rpc.namespaces": { name: "", ...defaults.rpc.without_namespace },
  proxies: { name: "", ...proxyDefaults },
};

/** What Centrifugo has at a place: a tree of options, a default, or undefined where it has nothing. */
export function centrifugoAt(path: readonly (string | number)[]): unknown {
  let found: unknown = centrifugoDefaults;
  for (const [index, part] of path.entries()) {
    const item = typeof part === "number" ? itemDefaults[path.slice(0, index).join(".")] : undefined;
    if (item !== undefined) found = item;
    else if (isObject(found) && typeof part === "string" && Object.hasOwn(found, part)) found = found[part];
    else return undefined;
  }
  return found;
}

/** Whether a value says the same as a default: nothing is said in several ways, and so is one duration. */
export function saysTheSame(value: unknown, fallback: unknown): boolean {
  if (isNothing(value) && isNothing(fallback)) return true;
  if (typeof value !== "string" || typeof fallback !== "string") return isDeepStrictEqual(value, fallback);
  const duration = parseDuration(fallback);
  return value === fallback || (duration !== null && parseDuration(value) === duration);
}

function isNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === null || value === "" || (isObject(value) && Object.keys(value).length === 0);
}
