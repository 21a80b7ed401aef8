import { isObject } from "../core/object.ts";
import { oneLine } from "../options/expectations.ts";
import type { ParseResult } from "./config.ts";
import { type Profile, profiles } from "./profiles.ts";
import { optionsSchema } from "./schema.ts";
import { sortOptions } from "./sort.ts";
import { mergeTrees } from "./tree.ts";
import { validate } from "./validate.ts";

/**
 * Validates options in the shape of the file and fills in what they leave out. Reads neither environment nor files. No
 * line holds a secret.
 */
export function parseConfig(input: unknown, profile: Profile): ParseResult {
  if (!isObject(input)) return { ok: false, error: ["expected an object with options"] };
  const sorted = sortOptions(mergeTrees(profiles[profile], input), optionsSchema);
  const parsed = validate(sorted.supported, profile);
  const errors = [...sorted.errors, ...(parsed.ok ? [] : parsed.error)];
  if (!parsed.ok || errors.length > 0) return { ok: false, error: errors.map(oneLine) };
  const warnings = [...parsed.value.warnings, ...sorted.warnings].map(oneLine);
  return { ok: true, value: { config: parsed.value.config, warnings } };
}
