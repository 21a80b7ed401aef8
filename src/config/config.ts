import * as v from "valibot";
import { type Profile, profiles } from "./profiles.ts";
import { configSchema, optionsSchema } from "./schema.ts";
import { sortOptions } from "./sort.ts";
import { isTree, mergeTrees, pathText } from "./tree.ts";

/** The whole configuration, valid. Names are those of the file; times are in milliseconds, sizes in bytes. */
export type Config = v.InferOutput<typeof configSchema>;

/** The rules of the channels of one namespace. */
export type ChannelRules = Config["channel"]["without_namespace"];

/** A configuration and what is to be said about it, or everything that is wrong: one line each, beginning with a path. */
export type ParseResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly errors: readonly string[] };

/** Validates options in the shape of the file and fills in what they leave out. Reads neither environment nor files. */
export function parseConfig(input: unknown, profile: Profile): ParseResult {
  if (!isTree(input)) return { ok: false, errors: ["expected an object with options"] };
  const sorted = sortOptions(mergeTrees(profiles[profile], input), optionsSchema);
  const parsed = v.safeParse(configSchema, sorted.supported);
  const errors = [...sorted.errors, ...(parsed.issues ?? []).map(describe)];
  if (!parsed.success || errors.length > 0) return { ok: false, errors };
  return { ok: true, config: parsed.output, warnings: sorted.warnings };
}

/** Writes one of valibot's issues as a line. */
function describe(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));
  return `${pathText(path)}: ${issue.message}`;
}
