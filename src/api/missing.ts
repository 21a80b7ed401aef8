import * as v from "valibot";
import type { Found } from "../operations/all-nodes.ts";

type Missing = Pick<Found<unknown>, "missing">;

/** Nodes that are missing in a result; absent where there are none. */
export const missing = v.pipe(
  v.optional(v.array(v.strictObject({ uid: v.string(), name: v.string() }))),
  v.description("Nodes that did not answer within a second; absent where all did."),
);

/** The field of a result that names them. */
export function missingOf(found: Missing): Partial<Missing> {
  return found.missing.length === 0 ? {} : { missing: found.missing };
}

/** The same as the end of an object in JSON. */
export function missingEnd(found: Missing): string {
  return found.missing.length === 0 ? "}" : `,"missing":${JSON.stringify(found.missing)}}`;
}
