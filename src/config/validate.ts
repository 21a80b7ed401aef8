import * as v from "valibot";
import { problemsBetween } from "./checks.ts";
import type { ParseResult } from "./config.ts";
import type { Profile } from "./profiles.ts";
import { configSchema } from "./schema.ts";
import { pathText, type Tree, withoutPath } from "./tree.ts";
import { cautions } from "./warnings.ts";

type Issues = readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]];

/** Validates options that the schema knows, each by itself and then all together. */
export function validate(options: Tree, profile: Profile): ParseResult {
  const parsed = v.safeParse(configSchema, options);
  if (!parsed.success) {
    const lines = parsed.issues.map((issue) => `${pathText(keysOf(issue))}: ${issue.message}`);
    return { ok: false, error: [...lines, ...problemsElsewhere(options, parsed.issues, profile)] };
  }
  const errors = problemsBetween(parsed.output, profile);
  return errors.length > 0
    ? { ok: false, error: errors }
    : { ok: true, value: { config: parsed.output, warnings: cautions(parsed.output, profile) } };
}

/**
 * What is wrong between the options that are valid, so that one run reports everything. Those with issues are left to
 * their defaults meanwhile; what is said because of such a default is not said.
 */
function problemsElsewhere(options: Tree, issues: Issues, profile: Profile): readonly string[] {
  const paths = issues.map(keysOf);
  const parsed = v.safeParse(configSchema, paths.reduce(withoutPath, options));
  if (!parsed.success) return [];
  return problemsBetween(parsed.output, profile).filter((line) => !paths.some((path) => isBecauseOf(line, path)));
}

/** Whether a line names an option: by its whole path, or beside it by its name. */
function isBecauseOf(line: string, path: readonly (string | number)[]): boolean {
  const isNeighbour = line.startsWith(pathText(path.slice(0, -1)));
  return line.includes(pathText(path)) || (isNeighbour && line.includes(String(path.at(-1))));
}

function keysOf(issue: v.BaseIssue<unknown>): (string | number)[] {
  return (issue.path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));
}
