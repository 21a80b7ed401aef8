import type * as v from "valibot";
import { type Profile, profiles } from "./profiles.ts";
import { type configSchema, optionsSchema } from "./schema.ts";
import { sortOptions } from "./sort.ts";
import { isTree, mergeTrees } from "./tree.ts";
import { validate } from "./validate.ts";
import { oneLine } from "./words.ts";

/** The whole configuration, valid. Names are those of the file; times are in milliseconds, sizes in bytes. */
export type Config = v.InferOutput<typeof configSchema>;

/** The shape of the file: everything that has a default may be left out. */
export type ConfigInput = v.InferInput<typeof configSchema>;

/** The rules of the channels of one namespace. */
export type ChannelRules = Config["channel"]["without_namespace"];

/** A configuration and what is to be said about it, or everything that is wrong: one line each, beginning with a path. */
export type ParseResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly errors: readonly string[] };

/**
 * Validates options in the shape of the file and fills in what they leave out. Reads neither environment nor files. No
 * line holds a secret.
 */
export function parseConfig(input: unknown, profile: Profile): ParseResult {
  if (!isTree(input)) return { ok: false, errors: ["expected an object with options"] };
  const sorted = sortOptions(mergeTrees(profiles[profile], input), optionsSchema);
  const parsed = validate(sorted.supported, profile);
  const errors = [...sorted.errors, ...(parsed.ok ? [] : parsed.errors)];
  if (!parsed.ok || errors.length > 0) return { ok: false, errors: errors.map(oneLine) };
  return { ...parsed, warnings: [...parsed.warnings, ...sorted.warnings].map(oneLine) };
}
