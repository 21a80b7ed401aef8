import { isList, isObject, type Json, type JsonObject } from "../../support/json.ts";

/** Whether what came is what was recorded: the same fields with the same values, in any order; seconds left may be one off. */
export function isSame(recorded: JsonObject, heard: JsonObject): boolean {
  if (isNear(recorded, heard)) return true;
  // The words of a refusal over HTTP are the server's own.
  const { status } = recorded;
  const isRefusal = typeof status === "number" && status >= 400 && status < 500;
  return isRefusal && isNear({ ...recorded, body: null }, { ...heard, body: null });
}

function isNear(one: Json | undefined, other: Json | undefined, key = ""): boolean {
  if (typeof one === "number" && typeof other === "number") {
    return key === "ttl" ? Math.abs(one - other) <= 1 : Object.is(one, other);
  }
  if (isList(one) && isList(other)) {
    return one.length === other.length && one.every((each, index) => isNear(each, other[index]));
  }
  if (!isObject(one) || !isObject(other)) return one === other;
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => name in other && isNear(one[name], other[name], name));
}
