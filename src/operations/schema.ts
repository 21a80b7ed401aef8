import * as v from "valibot";
import type { Result } from "../core/result.ts";

/** Reads a value that came from outside; the failure is the place of the first mistake and what was expected there. */
export function readWith<const Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): Result<v.InferOutput<Schema>, string> {
  const parsed = v.safeParse(schema, value);
  return parsed.success ? { ok: true, value: parsed.output } : { ok: false, error: placeOf(parsed.issues[0]) };
}

/** `limit: expected a number`; what was expected alone where the value itself is wrong. */
function placeOf(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map(({ key }) => String(key)).join(".") ?? "";
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}
