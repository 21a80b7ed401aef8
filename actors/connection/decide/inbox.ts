import { badField, errors } from "../../../src/core/errors.ts";
import { isObject } from "../../../src/core/object.ts";
import type { Payload } from "../../../src/core/payload.ts";
import { type Decision, refuse, type View } from "./decision.ts";

/** The call with which a client acknowledges messages; it never reaches the application. */
export const acknowledgeMethod = "chorus:ack";

/** Ids in one call, and UTF-16 units of each; ours have 36. */
const idsMax = 1_000;
const idMax = 64;

/** The client has acknowledged messages of its user: `{"ids": [...]}`. */
export function decideAcknowledge({ connection }: View, id: number, data: Payload): readonly Decision[] {
  if (connection.user === "") return [refuse(id, errors.notAvailable)];
  const ids = idsIn(data);
  return [typeof ids === "string" ? refuse(id, badField(ids)) : { type: "acknowledge", id, ids }];
}

/** The ids; a text says what is wrong with the call. */
function idsIn(data: Payload): readonly string[] | string {
  const value = valueIn(data);
  if (!isObject(value)) return "data: expected an object with ids";
  const unknown = Object.keys(value).find((name) => name !== "ids");
  if (unknown !== undefined) return `${unknown.slice(0, idMax)}: unknown field, the nearest is ids`;
  const { ids } = value as { readonly ids?: unknown };
  const areIds = Array.isArray(ids) && ids.length <= idsMax && ids.every(isId);
  return areIds ? ids : `ids: expected at most ${idsMax} ids of at most ${idMax} characters`;
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value.length <= idMax;
}

function valueIn(data: Payload): unknown {
  try {
    return data.kind === "json" ? JSON.parse(data.json) : null;
  } catch {
    return null;
  }
}
