import type { Config } from "../../src/config/config.ts";
import { type LoadResult, loadConfig } from "../../src/config/load.ts";
import { nodeOf, type OptionNode, type Schema } from "../../src/config/option-tree.ts";
import { parseConfig } from "../../src/config/parse.ts";
import type { Profile } from "../../src/config/profiles.ts";
import { optionsSchema } from "../../src/config/schema.ts";

/** The configuration of a valid input; a test of an invalid one fails with its errors. */
export function valid(input: unknown, profile: Profile = "file"): Config {
  const parsed = parseConfig(input, profile);
  if (!parsed.ok) throw new Error(parsed.error.join("\n"));
  return parsed.value.config;
}

/** What is said of a valid input. */
export function warningsOf(input: unknown): readonly string[] {
  const parsed = parseConfig(input, "file");
  return parsed.ok ? parsed.value.warnings : [`not valid: ${parsed.error.join("; ")}`];
}

/** What is wrong with an input. */
export function errorsOf(input: unknown, profile: Profile = "file"): readonly string[] {
  const parsed = parseConfig(input, profile);
  return parsed.ok ? [] : parsed.error;
}

/** An input with one option set, by its path: `channel.namespaces[0].name` makes the list as well. */
export function withOption(path: string, value: unknown): Record<string, unknown> {
  const keys = path.replaceAll("[0]", ".0").split(".").reverse();
  const input = keys.reduce((inner, key) => (key === "0" ? [inner] : { [key]: inner }), value);
  return input as Record<string, unknown>;
}

/** Loads with a folder of files that exist only here. */
export function load({
  argv = [],
  env = {},
  files = {},
  passOver = false,
}: {
  argv?: readonly string[];
  env?: Record<string, string>;
  files?: Record<string, string>;
  passOver?: boolean;
}): LoadResult {
  return loadConfig({ argv, env, cwd: "/work", passOver, readFile: (path) => files[path] ?? null });
}

/** The same where it must be valid. */
export function loaded(from: Parameters<typeof load>[0]) {
  const result = load(from);
  if (result.kind !== "run") throw new Error(JSON.stringify(result));
  return result;
}

/** The same where it must not be. */
export function refused(from: Parameters<typeof load>[0]): readonly string[] {
  const result = load(from);
  if (result.kind !== "errors") throw new Error(`expected errors, got ${result.kind}`);
  return result.lines;
}

/** Every option with its path, also those inside of lists: the first entry stands for all. */
export function everyOption(schema: Schema = optionsSchema, path = ""): { path: string; option: OptionNode }[] {
  const node = nodeOf(schema);
  const own = node.kind === "section" ? [] : [{ path, option: node.option }];
  if (node.kind === "option") return own;
  const place = node.kind === "records" ? `${path}[0]` : path;
  return [
    ...own,
    ...Object.entries(node.entries).flatMap(([key, entry]) =>
      everyOption(entry, place === "" ? key : `${place}.${key}`),
    ),
  ];
}
