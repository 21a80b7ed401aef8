import { badField, type ClientError } from "../core/errors.ts";
import { isObject } from "../core/object.ts";
import type { Call, Method } from "./method.ts";

/** Names of unknown fields in one line of the log, and characters of each. */
const namesMax = 8;
const nameMax = 64;

const none: readonly string[] = [];

/** The fields of a request that its method has not. */
export function unknownFields({ fields }: Method, request: unknown): readonly string[] {
  return isObject(request) ? Object.keys(request).filter((name) => !fields.has(name)) : none;
}

/**
 * Why a request with unknown fields is refused. Null where it is not: Centrifugo ignores them, and its methods do so here;
 * they are counted and logged.
 */
export function unknownFieldsError(method: Method, unknown: readonly string[], call: Call): ClientError | null {
  const [first] = unknown;
  if (first === undefined) return null;
  const { caller, ports } = call;
  if (method.isOwn) return badField(`${first.slice(0, nameMax)}: unknown field, ${advice(method, first, ports)}`);
  const fields = unknown.slice(0, namesMax).map((name) => name.slice(0, nameMax));
  ports.onUnknownFields({ method: method.name, key: caller.name, fields: fields.join(" ") });
  return null;
}

function advice({ fields }: Method, name: string, { nearestName }: Call["ports"]): string {
  const known = [...fields];
  const nearest = nearestName(name, known);
  return nearest === null ? `expected one of ${known.join(", ")}` : `the nearest is ${nearest}`;
}
